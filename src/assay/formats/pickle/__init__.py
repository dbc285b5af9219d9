"""A pickle followed as a program: values, steps, arguments of calls, what joblib writes between opcodes."""
