"""Settings for the process that measures a package that caches querysets."""

from bench.settings import *  # noqa: F403
from bench.settings import CACHES, REDIS_URL

# The packages store pickled values, which the cache backend of Bobbin refuses.
PICKLES = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
CACHES = CACHES | {"querysets": PICKLES}
CACHALOT_CACHE = "querysets"
CACHALOT_ADDITIONAL_SUPPORTED_DATABASES = {"config.postgresql"}
CACHEOPS_REDIS = REDIS_URL
CACHEOPS = {"*.*": {"ops": (), "timeout": 600}}
