# result: chunks into batches of column views.
noinst_LTLIBRARIES += libresult.la
libresult_la_SOURCES = driver/result/batch.h driver/result/batch.c
libresult_la_CPPFLAGS = $(AM_CPPFLAGS) $(NANOARROW_CFLAGS) $(LZ4_CFLAGS)
libresult_la_LIBADD = $(NANOARROW_LIBS) $(LZ4_LIBS) $(ZSTD_LIBS)
