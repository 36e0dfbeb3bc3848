/* The scalar functions of ODBC's {fn …} and what Databricks SQL says instead, once. SQLGetInfo's bitmaps are made of the
 * same lines. The first line of a name whose shape and number of arguments fit is taken.
 *
 *   SCALAR(name, information type, bit, shape, least, most, text)
 *
 * In the text $1 … $9 are arguments as written, $* is all of them, $c the result of an inner table (CONVERT, TIMESTAMPADD,
 * TIMESTAMPDIFF), $u the unit of the last decimal place that a literal second argument keeps. A text that uses an argument
 * twice, or parameter markers in another order, still evaluates each argument once and keeps the order of the markers: see
 * driver/sql/scalar.c. Whatever is not one call or CASE … END stands in parentheses. */
#define STR SQL_STRING_FUNCTIONS
#define NUM SQL_NUMERIC_FUNCTIONS
#define TIM SQL_TIMEDATE_FUNCTIONS
#define SYS SQL_SYSTEM_FUNCTIONS
#define SOUNDEX_DIGITS(arg) "split(rpad(soundex(" arg "), 4, '0'), '')"
#define CLOCK_MICROS "unix_micros(current_timestamp())"

SCALAR("ASCII",            STR, SQL_FN_STR_ASCII,            SHAPE_CALL, 1, 1, "ascii($1)")
SCALAR("BIT_LENGTH",       STR, SQL_FN_STR_BIT_LENGTH,       SHAPE_CALL, 1, 1, "bit_length($1)")
SCALAR("CHAR",             STR, SQL_FN_STR_CHAR,             SHAPE_CALL, 1, 1, "chr($1)")
SCALAR("CHAR_LENGTH",      STR, SQL_FN_STR_CHAR_LENGTH,      SHAPE_CALL, 1, 1, "char_length($1)")
SCALAR("CHARACTER_LENGTH", STR, SQL_FN_STR_CHARACTER_LENGTH, SHAPE_CALL, 1, 1, "character_length($1)")
SCALAR("CONCAT",           STR, SQL_FN_STR_CONCAT,           SHAPE_CALL, 2, 9, "concat($*)")
/* four characters of each code side by side: how many are equal */
SCALAR("DIFFERENCE",       STR, SQL_FN_STR_DIFFERENCE,       SHAPE_CALL, 2, 2,
       "aggregate(zip_with(" SOUNDEX_DIGITS("$1") ", " SOUNDEX_DIGITS("$2")
       ", (x, y) -> CASE WHEN x = y THEN 1 ELSE 0 END), 0, (n, m) -> n + m)")
SCALAR("INSERT",           STR, SQL_FN_STR_INSERT,           SHAPE_CALL, 4, 4, "overlay($1 PLACING $4 FROM $2 FOR $3)")
SCALAR("LCASE",            STR, SQL_FN_STR_LCASE,            SHAPE_CALL, 1, 1, "lcase($1)")
SCALAR("LEFT",             STR, SQL_FN_STR_LEFT,             SHAPE_CALL, 2, 2, "left($1, $2)")
SCALAR("LENGTH",           STR, SQL_FN_STR_LENGTH,           SHAPE_CALL, 1, 1, "char_length(rtrim($1))")
SCALAR("LOCATE",           STR, SQL_FN_STR_LOCATE_2,         SHAPE_CALL, 2, 2, "locate($1, $2)")
SCALAR("LOCATE",           STR, SQL_FN_STR_LOCATE,           SHAPE_CALL, 3, 3, "locate($1, $2, $3)")
SCALAR("LTRIM",            STR, SQL_FN_STR_LTRIM,            SHAPE_CALL, 1, 1, "ltrim($1)")
SCALAR("OCTET_LENGTH",     STR, SQL_FN_STR_OCTET_LENGTH,     SHAPE_CALL, 1, 1, "octet_length($1)")
SCALAR("POSITION",         STR, SQL_FN_STR_POSITION,         SHAPE_IN,   2, 2, "position($1 IN $2)")
SCALAR("REPEAT",           STR, SQL_FN_STR_REPEAT,           SHAPE_CALL, 2, 2, "repeat($1, $2)")
SCALAR("REPLACE",          STR, SQL_FN_STR_REPLACE,          SHAPE_CALL, 3, 3, "replace($1, $2, $3)")
SCALAR("RIGHT",            STR, SQL_FN_STR_RIGHT,            SHAPE_CALL, 2, 2, "right($1, $2)")
SCALAR("RTRIM",            STR, SQL_FN_STR_RTRIM,            SHAPE_CALL, 1, 1, "rtrim($1)")
SCALAR("SOUNDEX",          STR, SQL_FN_STR_SOUNDEX,          SHAPE_CALL, 1, 1, "soundex($1)")
SCALAR("SPACE",            STR, SQL_FN_STR_SPACE,            SHAPE_CALL, 1, 1, "space($1)")
SCALAR("SUBSTRING",        STR, SQL_FN_STR_SUBSTRING,        SHAPE_CALL, 2, 3, "substring($*)")
SCALAR("UCASE",            STR, SQL_FN_STR_UCASE,            SHAPE_CALL, 1, 1, "ucase($1)")

SCALAR("ABS",              NUM, SQL_FN_NUM_ABS,              SHAPE_CALL, 1, 1, "abs($1)")
SCALAR("ACOS",             NUM, SQL_FN_NUM_ACOS,             SHAPE_CALL, 1, 1, "acos($1)")
SCALAR("ASIN",             NUM, SQL_FN_NUM_ASIN,             SHAPE_CALL, 1, 1, "asin($1)")
SCALAR("ATAN",             NUM, SQL_FN_NUM_ATAN,             SHAPE_CALL, 1, 1, "atan($1)")
SCALAR("ATAN2",            NUM, SQL_FN_NUM_ATAN2,            SHAPE_CALL, 2, 2, "atan2($1, $2)")
SCALAR("CEILING",          NUM, SQL_FN_NUM_CEILING,          SHAPE_CALL, 1, 1, "ceiling($1)")
SCALAR("COS",              NUM, SQL_FN_NUM_COS,              SHAPE_CALL, 1, 1, "cos($1)")
SCALAR("COT",              NUM, SQL_FN_NUM_COT,              SHAPE_CALL, 1, 1, "cot($1)")
SCALAR("DEGREES",          NUM, SQL_FN_NUM_DEGREES,          SHAPE_CALL, 1, 1, "degrees($1)")
SCALAR("EXP",              NUM, SQL_FN_NUM_EXP,              SHAPE_CALL, 1, 1, "exp($1)")
SCALAR("FLOOR",            NUM, SQL_FN_NUM_FLOOR,            SHAPE_CALL, 1, 1, "floor($1)")
SCALAR("LOG",              NUM, SQL_FN_NUM_LOG,              SHAPE_CALL, 1, 1, "ln($1)")
SCALAR("LOG10",            NUM, SQL_FN_NUM_LOG10,            SHAPE_CALL, 1, 1, "log10($1)")
SCALAR("MOD",              NUM, SQL_FN_NUM_MOD,              SHAPE_CALL, 2, 2, "mod($1, $2)")
SCALAR("PI",               NUM, SQL_FN_NUM_PI,               SHAPE_CALL, 0, 0, "pi()")
SCALAR("POWER",            NUM, SQL_FN_NUM_POWER,            SHAPE_CALL, 2, 2, "power($1, $2)")
SCALAR("RADIANS",          NUM, SQL_FN_NUM_RADIANS,          SHAPE_CALL, 1, 1, "radians($1)")
SCALAR("RAND",             NUM, SQL_FN_NUM_RAND,             SHAPE_CALL, 0, 1, "rand($*)")
SCALAR("ROUND",            NUM, SQL_FN_NUM_ROUND,            SHAPE_CALL, 2, 2, "round($1, $2)")
SCALAR("SIGN",             NUM, SQL_FN_NUM_SIGN,             SHAPE_CALL, 1, 1, "CAST(sign($1) AS INT)")
SCALAR("SIN",              NUM, SQL_FN_NUM_SIN,              SHAPE_CALL, 1, 1, "sin($1)")
SCALAR("SQRT",             NUM, SQL_FN_NUM_SQRT,             SHAPE_CALL, 1, 1, "sqrt($1)")
SCALAR("TAN",              NUM, SQL_FN_NUM_TAN,              SHAPE_CALL, 1, 1, "tan($1)")
/* There is no numeric truncation. Rounded, and one unit back where that went away from zero: keeps the type, and is exact
 * for DOUBLE too. Where the number of places is not a literal, round() is refused: decimal arithmetic instead. */
SCALAR("TRUNCATE",         NUM, SQL_FN_NUM_TRUNCATE,         SHAPE_PLACES, 2, 2,
       "CASE WHEN abs(round($1, $2)) > abs($1) THEN round(round($1, $2) - CASE WHEN $1 < 0 THEN -$u ELSE $u END, $2) "
       "ELSE round($1, $2) END")
SCALAR("TRUNCATE",         NUM, SQL_FN_NUM_TRUNCATE,         SHAPE_CALL, 2, 2,
       "(CAST($1 AS DECIMAL(37,15)) - CAST($1 AS DECIMAL(37,15)) % CAST(power(10D, -least($2, 15)) AS DECIMAL(37,15)))")

SCALAR("CURDATE",          TIM, SQL_FN_TD_CURDATE,           SHAPE_CALL, 0, 0, "current_date()")
SCALAR("CURRENT_DATE",     TIM, SQL_FN_TD_CURRENT_DATE,      SHAPE_BARE, 0, 0, "current_date()")
SCALAR("CURTIME",          TIM, SQL_FN_TD_CURTIME,           SHAPE_CALL, 0, 0,
       "date_format(current_timestamp(), 'HH:mm:ss')")
SCALAR("CURRENT_TIME",     TIM, SQL_FN_TD_CURRENT_TIME,      SHAPE_BARE, 0, 0,
       "date_format(current_timestamp(), 'HH:mm:ss')")
SCALAR("CURRENT_TIME",     TIM, SQL_FN_TD_CURRENT_TIME,      SHAPE_CALL, 1, 1,
       "left(date_format(current_timestamp(), 'HH:mm:ss.SSSSSS'), CASE $1 WHEN 0 THEN 8 ELSE 9 + least($1, 6) END)")
SCALAR("NOW",              TIM, SQL_FN_TD_NOW,               SHAPE_CALL, 0, 0, "current_timestamp()")
SCALAR("CURRENT_TIMESTAMP", TIM, SQL_FN_TD_CURRENT_TIMESTAMP, SHAPE_BARE, 0, 0, "current_timestamp()")
SCALAR("CURRENT_TIMESTAMP", TIM, SQL_FN_TD_CURRENT_TIMESTAMP, SHAPE_CALL, 1, 1,
       "timestamp_micros(" CLOCK_MICROS " - " CLOCK_MICROS " % CAST(power(10, 6 - least($1, 6)) AS BIGINT))")
SCALAR("DAYNAME",          TIM, SQL_FN_TD_DAYNAME,           SHAPE_CALL, 1, 1, "date_format($1, 'EEEE')")
SCALAR("DAYOFMONTH",       TIM, SQL_FN_TD_DAYOFMONTH,        SHAPE_CALL, 1, 1, "dayofmonth($1)")
SCALAR("DAYOFWEEK",        TIM, SQL_FN_TD_DAYOFWEEK,         SHAPE_CALL, 1, 1, "dayofweek($1)")
SCALAR("DAYOFYEAR",        TIM, SQL_FN_TD_DAYOFYEAR,         SHAPE_CALL, 1, 1, "dayofyear($1)")
SCALAR("EXTRACT",          TIM, SQL_FN_TD_EXTRACT,           SHAPE_FROM, 2, 2, "extract($1 FROM $2)")
SCALAR("HOUR",             TIM, SQL_FN_TD_HOUR,              SHAPE_CALL, 1, 1, "hour($1)")
SCALAR("MINUTE",           TIM, SQL_FN_TD_MINUTE,            SHAPE_CALL, 1, 1, "minute($1)")
SCALAR("MONTH",            TIM, SQL_FN_TD_MONTH,             SHAPE_CALL, 1, 1, "month($1)")
SCALAR("MONTHNAME",        TIM, SQL_FN_TD_MONTHNAME,         SHAPE_CALL, 1, 1, "date_format($1, 'MMMM')")
SCALAR("QUARTER",          TIM, SQL_FN_TD_QUARTER,           SHAPE_CALL, 1, 1, "quarter($1)")
SCALAR("SECOND",           TIM, SQL_FN_TD_SECOND,            SHAPE_CALL, 1, 1, "second($1)")
SCALAR("TIMESTAMPADD",     TIM, SQL_FN_TD_TIMESTAMPADD,      SHAPE_ADD,  3, 3, "$c")
SCALAR("TIMESTAMPDIFF",    TIM, SQL_FN_TD_TIMESTAMPDIFF,     SHAPE_DIFF, 3, 3, "$c")
SCALAR("WEEK",             TIM, SQL_FN_TD_WEEK,              SHAPE_CALL, 1, 1, "weekofyear($1)")
SCALAR("YEAR",             TIM, SQL_FN_TD_YEAR,              SHAPE_CALL, 1, 1, "year($1)")

/* "The name of the database is also available by calling SQLGetConnectAttr with SQL_ATTR_CURRENT_CATALOG" */
SCALAR("DATABASE",         SYS, SQL_FN_SYS_DBNAME,           SHAPE_CALL, 0, 0, "current_catalog()")
SCALAR("IFNULL",           SYS, SQL_FN_SYS_IFNULL,           SHAPE_CALL, 2, 2, "ifnull($1, $2)")
SCALAR("USER",             SYS, SQL_FN_SYS_USERNAME,         SHAPE_CALL, 0, 0, "current_user()")

SCALAR("CONVERT", SQL_CONVERT_FUNCTIONS, SQL_FN_CVT_CONVERT, SHAPE_CONVERT, 2, 2, "$c")
#undef STR
#undef NUM
#undef TIM
#undef SYS
#undef SOUNDEX_DIGITS
#undef CLOCK_MICROS
