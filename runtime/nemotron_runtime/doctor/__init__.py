"""What is wrong with this machine, and what to do: ``probe`` gathers facts, ``checks`` judge them."""
