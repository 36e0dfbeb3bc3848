/* JSON_ARRAY chunks: every type, hostile text. */
#include <stddef.h>
#include <stdint.h>

#include "drain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct sea_column COLUMNS[] = {
        {"b", DBX_BOOLEAN, "BOOLEAN", 0, 0, ""}, {"t", DBX_TINYINT, "TINYINT", 0, 0, ""}, {"i", DBX_BIGINT, "BIGINT",
                                                                                           0, 0, ""},
        {"f", DBX_FLOAT, "FLOAT", 0, 0, ""}, {"d", DBX_DOUBLE, "DOUBLE", 0, 0, ""}, {"m", DBX_DECIMAL,
                                                                                     "DECIMAL(38,18)", 38, 18, ""},
        {"s", DBX_STRING, "STRING", 0, 0, ""}, {"x", DBX_BINARY, "BINARY", 0, 0, ""}, {"a", DBX_DATE, "DATE", 0, 0, ""},
        {"ts", DBX_TIMESTAMP, "TIMESTAMP", 0, 0, ""}, {"c", DBX_TIME, "TIME", 0, 0, ""},
        {"ym", DBX_INTERVAL, "INTERVAL YEAR TO MONTH", 0, 0, "YEAR TO MONTH"},
        {"ds", DBX_INTERVAL, "INTERVAL DAY TO SECOND", 0, 0, "DAY TO SECOND"}, {"v", DBX_VOID, "VOID", 0, 0, ""},
    };
    struct sea_manifest m = {.format = SEA_JSON_ARRAY, .n_columns = sizeof COLUMNS / sizeof *COLUMNS,
                             .columns = COLUMNS};
    drain(&m, data, size, 0);
    m.n_columns = 1;
    drain(&m, data, size, 0);
    m.columns = COLUMNS + 6;
    drain(&m, data, size, 0);
    return 0;
}
