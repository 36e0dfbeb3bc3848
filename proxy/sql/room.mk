# proxy/sql: what a statement says, without asking anybody.
libproxy_la_SOURCES += \
	proxy/sql/classify.c \
	proxy/sql/classify.h \
	proxy/sql/deps.c \
	proxy/sql/deps.h \
	proxy/sql/deps_head.c \
	proxy/sql/deps_match.c \
	proxy/sql/deps_priv.h \
	proxy/sql/normalise.c \
	proxy/sql/normalise.h \
	proxy/sql/policy.c \
	proxy/sql/policy.h \
	proxy/sql/functions.c \
	proxy/sql/functions.h \
	proxy/sql/verb.c \
	proxy/sql/verb.h
nodist_libproxy_la_SOURCES += proxy/sql/functions.gen.h

# the function table, from the reviewed list
BUILT_SOURCES += proxy/sql/functions.gen.h
CLEANFILES += proxy/sql/functions.gen.h
EXTRA_DIST += proxy/sql/functions.tsv proxy/sql/functions.awk
proxy/sql/functions.gen.h: proxy/sql/functions.tsv proxy/sql/functions.awk
	$(AM_V_GEN)$(MKDIR_P) proxy/sql && LC_ALL=C $(AWK) -f $(top_srcdir)/proxy/sql/functions.awk $(top_srcdir)/proxy/sql/functions.tsv >$@.tmp && mv $@.tmp $@
# the first build of one target only: dependencies are not known yet
$(libproxy_la_OBJECTS): proxy/sql/functions.gen.h

