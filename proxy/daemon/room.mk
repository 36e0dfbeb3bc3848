# proxy/daemon: the process: listeners, signals, the operator's door.
libproxy_la_SOURCES += \
	proxy/daemon/admin.c \
	proxy/daemon/admin.h \
	proxy/daemon/admin_auth.c \
	proxy/daemon/admin_auth.h \
	proxy/daemon/daemon.c \
	proxy/daemon/daemon.h \
	proxy/daemon/listener.c \
	proxy/daemon/listener.h
nodist_libproxy_la_SOURCES += proxy/daemon/status_page.gen.h

# the status page, as bytes
BUILT_SOURCES += proxy/daemon/status_page.gen.h
CLEANFILES += proxy/daemon/status_page.gen.h
EXTRA_DIST += proxy/daemon/status.html
proxy/daemon/status_page.gen.h: proxy/daemon/status.html
	$(AM_V_GEN)$(MKDIR_P) proxy/daemon && { echo 'static const unsigned char STATUS_PAGE[] = {' && \
		od -An -v -tx1 $(top_srcdir)/proxy/daemon/status.html | sed 's/ *\([0-9a-f][0-9a-f]\)/0x\1,/g' && \
		echo '};'; } >$@.tmp && mv $@.tmp $@
$(libproxy_la_OBJECTS): proxy/daemon/status_page.gen.h
