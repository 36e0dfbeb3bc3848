/* putdata: SQLParamData, SQLPutData: when they may be called. What they do is the run's business. */
#include "api.h"
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"
#include "exec.h"
#include "paramrun.h"

SQLRETURN api_param_data(struct stmt *s, SQLPOINTER *value) {
    if (!s->run || (s->state != STMT_ST_NEED && s->state != STMT_ST_CAN_PUT))
        return diag_fail(&s->h, ST_SEQUENCE, s->state == STMT_ST_MUST_PUT
                         ? "the parameter that was named last has got no data yet: call SQLPutData"
                         : "no execution waits for data");
    return exec_outcome(s, paramrun_go_on(s, value));
}

SQLRETURN api_put_data(struct stmt *s, SQLPOINTER data, SQLLEN ind) {
    if (!s->run || (s->state != STMT_ST_MUST_PUT && s->state != STMT_ST_CAN_PUT))
        return diag_fail(&s->h, ST_SEQUENCE, "no parameter waits for data: call SQLParamData first");
    return paramrun_put(s, data, ind);
}
