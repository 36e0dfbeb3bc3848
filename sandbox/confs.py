"""Session settings: the names the server knows, and their defaults."""
from .errors import SqlError

DEFAULTS = {"ansi_mode": "true", "enable_photon": "true", "legacy_time_parser_policy": "EXCEPTION",
            "max_file_partition_bytes": "128m", "read_only_external_metastore": "false", "statement_timeout": "0",
            "timezone": "Etc/UTC", "use_cached_result": "true", "query_tags": ""}
SYNONYMS = {"spark.sql.session.timezone": "timezone", "spark.sql.ansi.enabled": "ansi_mode",
            "spark.databricks.queryresultcaching.enabled": "use_cached_result"}


def known(key):
    """Canonical name or None."""
    low = key.strip().lower()
    low = SYNONYMS.get(low, low)
    return low if low in DEFAULTS else None


def unavailable(key):
    return SqlError("CONFIG_NOT_AVAILABLE", f"Configuration {key} is not available.", "42K0I")
