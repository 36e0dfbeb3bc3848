/* The intervals of {fn TIMESTAMPADD(…)} and {fn TIMESTAMPDIFF(…)}, once; SQL_TIMEDATE_ADD_INTERVALS and _DIFF_INTERVALS
 * are made of these lines.
 *
 *   UNIT(word, bit, text of TIMESTAMPADD, text of TIMESTAMPDIFF)
 *
 * A fraction of a second is a nanosecond in ODBC; the warehouse knows microseconds. */
UNIT("SQL_TSI_FRAC_SECOND", SQL_FN_TSI_FRAC_SECOND,
     "timestampadd(MICROSECOND, ($2) div 1000, $3)", "(timestampdiff(MICROSECOND, $2, $3) * 1000)")
UNIT("SQL_TSI_SECOND",  SQL_FN_TSI_SECOND,  "timestampadd(SECOND, $2, $3)",  "timestampdiff(SECOND, $2, $3)")
UNIT("SQL_TSI_MINUTE",  SQL_FN_TSI_MINUTE,  "timestampadd(MINUTE, $2, $3)",  "timestampdiff(MINUTE, $2, $3)")
UNIT("SQL_TSI_HOUR",    SQL_FN_TSI_HOUR,    "timestampadd(HOUR, $2, $3)",    "timestampdiff(HOUR, $2, $3)")
UNIT("SQL_TSI_DAY",     SQL_FN_TSI_DAY,     "timestampadd(DAY, $2, $3)",     "timestampdiff(DAY, $2, $3)")
UNIT("SQL_TSI_WEEK",    SQL_FN_TSI_WEEK,    "timestampadd(WEEK, $2, $3)",    "timestampdiff(WEEK, $2, $3)")
UNIT("SQL_TSI_MONTH",   SQL_FN_TSI_MONTH,   "timestampadd(MONTH, $2, $3)",   "timestampdiff(MONTH, $2, $3)")
UNIT("SQL_TSI_QUARTER", SQL_FN_TSI_QUARTER, "timestampadd(QUARTER, $2, $3)", "timestampdiff(QUARTER, $2, $3)")
UNIT("SQL_TSI_YEAR",    SQL_FN_TSI_YEAR,    "timestampadd(YEAR, $2, $3)",    "timestampdiff(YEAR, $2, $3)")
