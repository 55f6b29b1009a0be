"""Problems, plans and results as text a person or a machine reads."""
