"""What GitOps tools make of our objects: states that the core produces, judged by real parts."""
