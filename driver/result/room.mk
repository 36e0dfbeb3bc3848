# result: chunks into batches of column views.
noinst_LTLIBRARIES += libresult.la
libresult_la_SOURCES = \
	driver/result/arrow.c driver/result/arrow.h \
	driver/result/base64.c driver/result/base64.h \
	driver/result/batch.c driver/result/batch.h \
	driver/result/block.c driver/result/block.h \
	driver/result/cell.c driver/result/cell.h \
	driver/result/column.c driver/result/column.h \
	driver/result/decoder.c \
	driver/result/field.c driver/result/field.h \
	driver/result/guard.c driver/result/guard.h \
	driver/result/json_rows.c driver/result/json_rows.h \
	driver/result/json_scan.c driver/result/json_scan.h \
	driver/result/lz4.c driver/result/lz4.h \
	driver/result/nested.c driver/result/nested.h \
	driver/result/rowstore.c driver/result/rowstore.h \
	driver/result/scale.c driver/result/scale.h \
	driver/result/spill.c driver/result/spill.h \
	driver/result/usual.c driver/result/usual.h
libresult_la_CPPFLAGS = $(AM_CPPFLAGS) $(NANOARROW_CFLAGS) $(LZ4_CFLAGS) $(XXHASH_CFLAGS)
libresult_la_LIBADD = $(NANOARROW_LIBS) $(LZ4_LIBS) $(XXHASH_LIBS) $(ZSTD_LIBS)
