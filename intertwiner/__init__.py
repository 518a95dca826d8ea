"""The command-line tool: `intertwiner basis|certify|emit EXPR`, also as `python -m intertwiner`."""
