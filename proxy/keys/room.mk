# proxy/keys: secrets and what is made with them.
libproxy_la_SOURCES += \
	proxy/keys/handle.c \
	proxy/keys/handle.h \
	proxy/keys/keymap.c \
	proxy/keys/keymap.h \
	proxy/keys/secrets.c \
	proxy/keys/secrets.h
