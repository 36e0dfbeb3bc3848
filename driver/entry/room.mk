# entry, handle, api: the ODBC functions themselves.
driver_doors = \
	driver/sql/escape.c driver/sql/escape.h \
	driver/sql/insert.c driver/sql/insert.h \
	driver/sql/literal.c driver/sql/literal.h \
	driver/sql/markers.c driver/sql/markers.h \
	driver/sql/scalar.c driver/sql/scalar.h \
	driver/sql/scan.c driver/sql/scan.h \
	driver/entry/door.c driver/entry/door.h \
	driver/entry/text.c driver/entry/text.h \
	driver/handle/attr.c driver/handle/attr.h \
	driver/handle/dbc.c driver/handle/dbc.h \
	driver/handle/desc.c driver/handle/desc.h driver/handle/desc_types.c \
	driver/handle/diag.c driver/handle/diag.h \
	driver/handle/env.c driver/handle/env.h \
	driver/handle/handle.c driver/handle/handle.h \
	driver/handle/latch.c driver/handle/latch.h \
	driver/handle/state.c driver/handle/state.h \
	driver/handle/stmt.c driver/handle/stmt.h \
	driver/api/api.h \
	driver/api/ask.c driver/api/ask.h \
	driver/api/async.c driver/api/async.h \
	driver/api/attrs.c \
	driver/api/bind.c driver/api/bind.h \
	driver/api/bookmark.c driver/api/bookmark.h \
	driver/api/cancel.c \
	driver/api/catalog.c driver/api/catalog.h \
	driver/api/colfield.c driver/api/colfield.h \
	driver/api/columnlist.c \
	driver/api/columns.c \
	driver/api/connect.c driver/api/connect.h \
	driver/api/cursor.c driver/api/cursor.h \
	driver/api/descriptors.c \
	driver/api/descset.c \
	driver/api/diagnostics.c \
	driver/api/exec.c driver/api/exec.h \
	driver/api/fetch.c \
	driver/api/foreignkeys.c \
	driver/api/getdata.c \
	driver/api/handles.c \
	driver/api/info.c \
	driver/api/infoschema.c driver/api/infoschema.h \
	driver/api/keys.c \
	driver/api/lane.c driver/api/lane.h \
	driver/api/memtable.c driver/api/memtable.h \
	driver/api/metacache.c driver/api/metacache.h \
	driver/api/paramfacts.c driver/api/paramfacts.h \
	driver/api/paramrow.c driver/api/paramrow.h \
	driver/api/paramrun.c driver/api/paramrun.h driver/api/paramrun_priv.h driver/api/paramput.c \
	driver/api/paramchunk.c driver/api/paramchunk.h \
	driver/api/params.c \
	driver/api/putdata.c \
	driver/api/pattern.c driver/api/pattern.h \
	driver/api/plan.c driver/api/plan.h \
	driver/api/privileges.c \
	driver/api/routines.c \
	driver/api/rowset.c driver/api/rowset.h \
	driver/api/scroll.c driver/api/scroll.h \
	driver/api/setpos.c \
	driver/api/tables.c \
	driver/api/tran.c \
	driver/api/typecells.c driver/api/typecells.h \
	driver/api/typefacts.c driver/api/typefacts.h \
	driver/api/typeinfo.c \
	include/tbl/desc_fields.h include/tbl/odbc_attrs.h include/tbl/odbc_info.h include/tbl/scalar_functions.h include/tbl/scalar_types.h \
	include/tbl/scalar_units.h include/tbl/sqlstates.h
driver_generated = driver/entry/doors.gen.c
EXTRA_DIST += include/tbl/odbc_api.tbl driver/entry/doors.pl driver/entry/libdbxodbc.map
CLEANFILES += driver/entry/doors.gen.c

driver/entry/doors.gen.c: $(top_srcdir)/include/tbl/odbc_api.tbl $(top_srcdir)/driver/entry/doors.pl
	@$(MKDIR_P) driver/entry
	$(AM_V_GEN)$(PERL) $(top_srcdir)/driver/entry/doors.pl c $(top_srcdir)/include/tbl/odbc_api.tbl >$@.tmp && mv $@.tmp $@

# After a change of the table: make exports
.PHONY: exports
exports:
	$(PERL) $(top_srcdir)/driver/entry/doors.pl map $(top_srcdir)/include/tbl/odbc_api.tbl >$(top_srcdir)/driver/entry/libdbxodbc.map
