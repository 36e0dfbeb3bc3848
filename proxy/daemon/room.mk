# proxy/daemon: the process: listeners, signals, the operator's door.
libproxy_la_CPPFLAGS += $(SYSTEMD_CFLAGS)
libproxy_la_LIBADD += $(SYSTEMD_LIBS)
libproxy_la_SOURCES += \
	proxy/daemon/admin.c \
	proxy/daemon/admin.h \
	proxy/daemon/admin_auth.c \
	proxy/daemon/admin_auth.h \
	proxy/daemon/daemon.c \
	proxy/daemon/daemon.h \
	proxy/daemon/gate.c \
	proxy/daemon/gate.h \
	proxy/daemon/gates.c \
	proxy/daemon/gates.h \
	proxy/daemon/listener.c \
	proxy/daemon/listener.h \
	proxy/daemon/peers.c \
	proxy/daemon/peers.h \
	proxy/daemon/ready.c \
	proxy/daemon/ready.h \
	proxy/daemon/reload.c \
	proxy/daemon/reload.h \
	proxy/daemon/slim.c \
	proxy/daemon/slim.h \
	proxy/daemon/systemd.c \
	proxy/daemon/systemd.h \
	proxy/daemon/tls.c \
	proxy/daemon/tls.h
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

# examples to start from: all settings, and the units of systemd
exampledir = $(docdir)/examples
dist_example_DATA = proxy/dbxproxyd.ini.sample contrib/systemd/dbxproxyd.socket
nodist_example_DATA = contrib/systemd/dbxproxyd.service
CLEANFILES += contrib/systemd/dbxproxyd.service
EXTRA_DIST += contrib/systemd/dbxproxyd.service.in
contrib/systemd/dbxproxyd.service: contrib/systemd/dbxproxyd.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) contrib/systemd && sed 's|@bindir[@]|$(bindir)|' $(top_srcdir)/contrib/systemd/dbxproxyd.service.in >$@.tmp && mv $@.tmp $@
