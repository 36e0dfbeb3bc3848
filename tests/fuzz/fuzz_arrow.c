/* Arrow chunks. The first byte says how the manifest looks: its low bit asks for LZ4, the next for a cut in the middle,
 * the rest is the number of columns, all of types that take any data. */
#include <stddef.h>
#include <stdint.h>

#include "drain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct sea_column columns[64];
    static const enum dbx_type TYPES[] = {DBX_OTHER, DBX_STRING, DBX_BIGINT, DBX_INT, DBX_ARRAY, DBX_DECIMAL,
                                          DBX_TIMESTAMP,
                                          DBX_DATE, DBX_BINARY, DBX_BOOLEAN, DBX_DOUBLE, DBX_INTERVAL, DBX_TIME};
    if (size < 2) return 0;
    struct sea_manifest m = {.format = SEA_ARROW_STREAM, .lz4 = data[0] & 1, .n_columns = data[0] >> 2,
                             .columns = columns};
    for (int i = 0; i < m.n_columns; i++) columns[i] = (struct sea_column){"c", DBX_OTHER, "", 0, 0, ""};
    drain(&m, data + 1, size - 1, data[0] & 2 ? size / 2 : 0);
    /* again with the types that the data has, so that the direct paths are walked as well as the textual one */
    for (size_t t = 1; t < sizeof TYPES / sizeof *TYPES && m.n_columns; t++) {
        for (int i = 0; i < m.n_columns; i++) columns[i].type = TYPES[t];
        drain(&m, data + 1, size - 1, 0);
    }
    return 0;
}
