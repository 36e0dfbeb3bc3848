#include "parcel.h"

#include <hiredis/hiredis.h>
#include <openssl/evp.h>
#include <stdio.h>

#include "core/mem.h"

enum { MAX_ARGS = 400, SHA_HEX = 40 };

/* KEYS: epoch, pending mark. ARGV: mode, known value, channel, name, writer, life of a mark in ms, life of an epoch.
 * Modes: r read (or make) · b raise · w raise and mark · k renew the mark · e raise and unmark.
 * An epoch that does not fit into a full server is deleted instead: missing is never equal to anything.
 * The mark is a list of "writer:deadline;", so that writers do not end each other's. */
static const char EPOCH[] =
    "local v,w=KEYS[1],KEYS[2]\n"
    "local mode,known,writer=ARGV[1],tonumber(ARGV[2]),ARGV[5]\n"
    "local t=redis.call('TIME')\n"
    "local now=tonumber(t[1])*1000000+tonumber(t[2])\n"
    "local ms=math.floor(now/1000)\n"
    "local raw=redis.call('GET',v)\n"
    "local old=raw and tonumber(raw) or 0\n"
    "if old<0 or old>now+86400000000 or old~=old then old=0 end\n"
    "local new=old\n"
    "if mode=='b' or mode=='w' or mode=='e' or old==0 or old<known then\n"
    "  new=math.max(now,old+1,known+1)\n"
    "  local r=redis.pcall('SET',v,string.format('%.0f',new),'PX',ARGV[7])\n"
    "  if type(r)=='table' and r.err then redis.call('DEL',v) end\n"
    "else redis.call('PEXPIRE',v,ARGV[7]) end\n"
    "local marks=redis.call('GET',w) or ''\n"
    "if mode=='w' or mode=='k' or mode=='e' then\n"
    "  local kept,last='',0\n"
    "  local function keep(id,till)\n"
    "    kept=kept..id..':'..string.format('%.0f',till)..';'\n"
    "    last=math.max(last,till)\n"
    "  end\n"
    "  for id,till in string.gmatch(marks,'(%x+):(%d+);') do\n"
    "    if id~=writer and tonumber(till)>ms then keep(id,tonumber(till)) end\n"
    "  end\n"
    "  if mode~='e' then keep(writer,ms+tonumber(ARGV[6])) end\n"
    "  if kept=='' then redis.call('DEL',w) else redis.pcall('SET',w,kept,'PX',last-ms) end\n"
    "  marks=kept\n"
    "end\n"
    "local s,p=string.format('%.0f',new),marks~='' and '1' or '0'\n"
    "if mode~='r' or new~=old then redis.call('PUBLISH',ARGV[3],'e '..ARGV[4]..' '..s..' '..p) end\n"
    "return {s,p}\n";

static const char DROP[] =
    "if redis.call('GETRANGE',KEYS[1],ARGV[1],ARGV[2])==ARGV[3] then return redis.call('DEL',KEYS[1]) end\n"
    "return 0\n";

static const char RENEW[] =
    "if redis.call('GET',KEYS[1])==ARGV[1] then return redis.call('PEXPIRE',KEYS[1],ARGV[2]) end\n"
    "return 0\n";

static const char EXTEND[] = "for _,k in ipairs(KEYS) do\n"
                             "  if redis.call('PTTL',k)<tonumber(ARGV[1]) then redis.call('PEXPIRE',k,ARGV[1]) end\n"
                             "end\n"
                             "return 1\n";

struct sv script_text(enum script s) {
    static const struct sv TEXTS[SCRIPT_COUNT] = {
        [SCRIPT_EPOCH] = {EPOCH, sizeof EPOCH - 1},
        [SCRIPT_DROP] = {DROP, sizeof DROP - 1},
        [SCRIPT_RENEW] = {RENEW, sizeof RENEW - 1},
        [SCRIPT_EXTEND] = {EXTEND, sizeof EXTEND - 1},
    };
    return TEXTS[s];
}

/* SHA-1 is how the protocol names scripts; nothing rests on its strength. */
static void sha1_hex(struct sv text, char out[SHA_HEX + 1]) {
    uint8_t sum[EVP_MAX_MD_SIZE] = {0};
    EVP_Digest(text.ptr, text.len, sum, NULL, EVP_sha1(), NULL);
    for (int i = 0; i < SHA_HEX / 2; i++) snprintf(out + 2 * i, 3, "%02x", sum[i]);
}

static struct parcel *wrap(char *bytes, size_t len) {
    struct parcel *w = bytes ? mem_zalloc(sizeof *w) : NULL;
    if (!w) {
        mem_free(bytes);
        return NULL;
    }
    *w = (struct parcel){.refs = 1, .len = len, .bytes = bytes};
    return w;
}

struct parcel *parcel_new(int n, const struct sv *args) {
    const char *argv[MAX_ARGS];
    size_t lens[MAX_ARGS];
    char *bytes = NULL;
    if (n > MAX_ARGS) return NULL;
    for (int i = 0; i < n; i++) {
        argv[i] = args[i].ptr ? args[i].ptr : "";
        lens[i] = args[i].len;
    }
    int len = redisFormatCommandArgv(&bytes, n, argv, lens);
    return len > 0 ? wrap(bytes, (size_t)len) : NULL;
}

struct parcel *parcel_ref(struct parcel *w) {
    w->refs++;
    return w;
}

void parcel_unref(struct parcel **w) {
    if (*w && --(*w)->refs == 0) {
        if ((*w)->is_secret) mem_wipe((*w)->bytes, (*w)->len);
        mem_free((*w)->bytes);
        mem_free(*w);
    }
    *w = NULL;
}

struct parcel *parcel_script(enum script s, int n_keys, int n, const struct sv *keys_and_args) {
    struct sv args[MAX_ARGS];
    char sha[SHA_HEX + 1], keys[16];
    if (n + 3 > MAX_ARGS) return NULL;
    sha1_hex(script_text(s), sha);
    snprintf(keys, sizeof keys, "%d", n_keys);
    args[0] = SV_LIT("EVALSHA");
    args[1] = sv_of(sha);
    args[2] = sv_of(keys);
    for (int i = 0; i < n; i++) args[3 + i] = keys_and_args[i];
    struct parcel *w = parcel_new(n + 3, args);
    if (w) {
        w->is_script = true;
        w->script = (int)s;
    }
    return w;
}

/* "*N\r\n" "$7\r\nEVALSHA\r\n" "$40\r\n<sha>\r\n" rest: the two arguments between are replaced. */
struct parcel *parcel_eval(const struct parcel *w) {
    static const size_t SHA_PART = sizeof "$7\r\nEVALSHA\r\n" - 1 + sizeof "$40\r\n" - 1 + SHA_HEX + 2;
    struct sv text = script_text((enum script)w->script), count, rest;
    if (!sv_cut(sv_make(w->bytes, w->len), '\n', &count, &rest) || rest.len < SHA_PART) return NULL;
    size_t cap = w->len + text.len + 64;
    char *bytes = mem_alloc(cap);
    if (!bytes) return NULL;
    int head = snprintf(bytes, cap, SV_FMT "\n$4\r\nEVAL\r\n$%zu\r\n" SV_FMT "\r\n", SV_ARG(count), text.len,
                        SV_ARG(text));
    memcpy(bytes + head, rest.ptr + SHA_PART, rest.len - SHA_PART);
    return wrap(bytes, (size_t)head + rest.len - SHA_PART);
}
