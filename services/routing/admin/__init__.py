"""The pages of `/admin`: municipalities join here and are administered, step by step."""
