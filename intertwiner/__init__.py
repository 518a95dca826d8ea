"""The command-line tool: `intertwiner basis|certify|emit|table EXPR`, also as `python -m intertwiner`."""
