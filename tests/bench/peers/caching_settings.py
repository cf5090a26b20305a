"""Settings of the process that measures a package which caches querysets."""

from settings import *  # noqa: F403
from settings import CACHES, REDIS_URL

# They store what pickle makes, which Bobbin's own cache refuses.
PICKLES = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
CACHES = CACHES | {"querysets": PICKLES}
CACHALOT_CACHE = "querysets"
CACHALOT_ADDITIONAL_SUPPORTED_DATABASES = {"config.postgresql"}
CACHEOPS_REDIS = REDIS_URL
CACHEOPS = {"*.*": {"ops": (), "timeout": 600}}
