"""A folder of checked parts that carries the program and the weights to a machine without network."""
