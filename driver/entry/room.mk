# entry, handle, api: the ODBC functions themselves.
driver_doors =
driver_generated =
