"""Whether answers are right: generated tasks with checked answers, BFCL's, and agreement of two servers."""
