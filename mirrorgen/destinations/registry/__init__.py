"""A plain OCI registry: repositories come with the first push, and regctl tells what it holds."""
