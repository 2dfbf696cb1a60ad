"""The API's pages, made of its own OpenAPI description: `description` reads operations, `fields`
shapes, `samples` says what stands in the examples."""
