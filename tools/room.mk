# tools: what keeps the lists, the documents and the rules together.
EXTRA_DIST += tools/tables2docs tools/lint

.PHONY: docs lint demo
docs:
	cd $(top_srcdir) && tools/tables2docs
lint:
	cd $(top_srcdir) && tools/lint
demo:
	$(top_srcdir)/scripts/demo
