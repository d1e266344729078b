"""Keys, generations and what is counted of them, in SQLite or PostgreSQL.

:class:`nemotron_runtime.store.store.Store` opens it and holds the parts. Times are Unix seconds or aware UTC
datetimes, money is :class:`decimal.Decimal` in US dollars. What reads the database blocks: call it through
``asyncio.to_thread``. What reads memory says so.
"""
