"""The workbench: kept audits in a browser, with filters and addresses of their own (`assay serve`)."""
