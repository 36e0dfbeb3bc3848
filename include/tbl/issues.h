/* What can happen to one cell on its way to the application's buffer, once.
 *
 *   ISSUE(id, sqlstate, is_error, "text of the diagnostic")
 *
 * The convert room says the id; handle/diag makes the record (ODBC reference, appendix D, "Converting Data from SQL to
 * C Data Types"). CONV_OK must be first. */
ISSUE(CONV_OK,            "00000", 0, "")
ISSUE(CONV_TRUNCATED,     "01004", 0, "String data, right truncated: the buffer is smaller than the value; the length indicator has the full length")
ISSUE(CONV_FRACTION,      "01S07", 0, "Fractional truncation: the target type cannot hold all of the value")
ISSUE(CONV_RANGE,         "22003", 1, "Numeric value out of range for the target type or buffer")
ISSUE(CONV_INVALID,       "22018", 1, "Invalid character value for cast to the target type")
ISSUE(CONV_DATETIME,      "22007", 1, "Invalid datetime format for the target type")
ISSUE(CONV_INTERVAL,      "22015", 1, "Interval field overflow")
ISSUE(CONV_NO_INDICATOR,  "22002", 1, "The value is NULL and no indicator variable was supplied")
ISSUE(CONV_RESTRICTED,    "07006", 1, "Restricted data type attribute violation: this column cannot be converted to that C type")
ISSUE(CONV_NOT_YET,       "HYC00", 1, "This conversion is not implemented")
ISSUE(CONV_NOMEM,         "HY001", 1, "Out of memory while converting a value")
