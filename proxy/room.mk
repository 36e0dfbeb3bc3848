# proxy: dbxproxyd.
