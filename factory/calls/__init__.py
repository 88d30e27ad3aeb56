"""Send requests to teachers, pay for each answer once, and stay within the budget."""
