"""The main job in front of a newcomer's eyes, on real parts: `make demo`.

DEMO_KUBECONFIG=... uses a cluster that is there already, VLLM_URL=... a real vLLM
(VLLM_API_KEY=... its key).
"""
