# tools: what keeps the lists, the documents and the rules together.
EXTRA_DIST += tools/tables2docs tools/lint docs/dbx-odbc.5.scd

# The archive tests itself as a clone does: with the sandbox, the recordings, and the scripts that README names.
EXTRA_DIST += contrib sandbox scripts .ci tests/recordings tests/sandbox tests/clients tests/e2e tests/apps
dist-hook:
	find '$(distdir)' '(' -name __pycache__ -o -name .pytest_cache ')' -prune -exec rm -rf {} +

.PHONY: docs lint demo
docs:
	cd $(top_srcdir) && tools/tables2docs
lint:
	cd $(top_srcdir) && tools/lint
demo:
	$(top_srcdir)/scripts/demo

# man pages are written in scdoc; without it none are installed
if HAVE_SCDOC
man_MANS += docs/dbx-odbc.5
CLEANFILES += docs/dbx-odbc.5
endif
SUFFIXES = .scd
.scd:
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(SCDOC) <$< >$@
