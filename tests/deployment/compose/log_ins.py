"""Programs for a container of web: they try to log in to a server, and print "accepted" or the error."""

LOG_IN_TO_POSTGRES = """
import psycopg
try: psycopg.connect(host="postgres", dbname="bobbin", user={!r}, password={!r})
except psycopg.OperationalError as error: print(error)
else: print("accepted")
"""
LOG_IN_TO_REDIS = """
import redis
try: redis.Redis.from_url({!r}).ping()
except redis.AuthenticationError as error: print(error)
else: print("accepted")
"""
