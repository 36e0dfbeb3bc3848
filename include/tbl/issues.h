/* What can happen to one value on its way to the application's buffer, or from it, once.
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
ISSUE(CONV_RESTRICTED,    "07006", 1, "Restricted data type attribute violation: these two types cannot be converted into each other")
ISSUE(CONV_NOMEM,         "HY001", 1, "Out of memory while converting a value")
ISSUE(CONV_STRING_CUT,    "22001", 1, "String data, right truncation: the parameter's value does not fit the size or digits it was bound with")
ISSUE(CONV_OVERFLOW,      "22008", 1, "Datetime field overflow: the parameter's type cannot hold all of the date or time")
ISSUE(CONV_LENGTH,        "HY090", 1, "Invalid string or buffer length: the parameter's length is no length of its C type")
ISSUE(CONV_TINY_BUFFER,  "HY090", 1, "Invalid string or buffer length: the buffer is too small for the next character or pair of digits (WholeCharacterParts); nothing was lost")
ISSUE(CONV_NO_VALUE,      "HY009", 1, "Invalid use of null pointer: the parameter has a length, but no value")
