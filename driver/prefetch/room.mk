# prefetch: the chunks of a result, ahead of the reader.
libsession_la_SOURCES += \
	driver/prefetch/body.c driver/prefetch/body.h \
	driver/prefetch/chunk.c driver/prefetch/chunk.h \
	driver/prefetch/download.c driver/prefetch/download.h \
	driver/prefetch/link.c driver/prefetch/link.h \
	driver/prefetch/loader.c \
	driver/prefetch/pace.c driver/prefetch/pace.h \
	driver/prefetch/prefetch.c driver/prefetch/prefetch.h driver/prefetch/prefetch_priv.h \
	driver/prefetch/unpack.c
