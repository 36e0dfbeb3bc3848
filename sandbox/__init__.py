"""A Databricks-SQL-like warehouse on one's own machine, for tests and demonstrations.

The REST API is the one official Databricks clients speak (statement execution, sessions, warehouses, OAuth tokens);
the engine is DuckDB, with SQL translated by sqlglot and a catalog layer that remembers Databricks types.
"""
