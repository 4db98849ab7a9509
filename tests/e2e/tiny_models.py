"""Makes models that a real vLLM loads in a second: `tiny_models.py FOLDER`, run by vLLM's Python.

A Llama of two layers, a LoRA adapter for it, and a Bert that embeds. Their weights are random, so
what they say is nonsense, and their context is as long as an agent's first turn needs. The
tokenizer is trained on this project's documents: with a token per byte that turn would be four
times as long.
"""

import json
import sys
from pathlib import Path
from typing import Any

# vLLM's environment has them, the one that is type-checked has not
import numpy as np
import tokenizers as tk
from safetensors.numpy import save_file

ROOT = Path(__file__).parents[2]
LLAMA, LORA, BERT = "tiny-llama", "tiny-lora", "tiny-bert"
WIDTH, HEADS, KV_HEADS, HEAD, INNER, LAYERS = 64, 2, 1, 32, 128, 2
CONTEXT, BERT_CONTEXT = 65536, 512
RANK = 8
VOCABULARY = 4096  # at most: what the documents yield
SPECIAL = ["<pad>", "<s>", "</s>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>"]
TOKENS = {"pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>"}
TOKEN_IDS = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
CHAT_TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}<|end|>"
    "{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
)

Weights = dict[str, Any]
random = np.random.default_rng(0)


def main(folder: Path) -> None:
    """Write each model into a folder of its name."""
    tokenizer = _train()
    size = tokenizer.get_vocab_size()
    for name in (LLAMA, LORA, BERT):
        (folder / name).mkdir(parents=True)
    _write_llama(folder / LLAMA, size)
    _write_tokenizer(folder / LLAMA, tokenizer, CONTEXT)
    _write_adapter(folder / LORA, folder / LLAMA)
    _write_bert(folder / BERT, size)
    _write_tokenizer(folder / BERT, tokenizer, BERT_CONTEXT)


def _train() -> Any:
    """Train a byte-level tokenizer, which has a token for whatever it is given."""
    tokenizer = tk.Tokenizer(tk.models.BPE())
    tokenizer.pre_tokenizer = tk.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = tk.decoders.ByteLevel()
    tokenizer.post_processor = tk.processors.ByteLevel(trim_offsets=False)
    trainer = tk.trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=SPECIAL,
        initial_alphabet=tk.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train([str(page) for page in sorted(ROOT.glob("*.md"))], trainer)
    return tokenizer


def _write_tokenizer(folder: Path, tokenizer: Any, context: int) -> None:
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": context,
        "clean_up_tokenization_spaces": False,
        "chat_template": CHAT_TEMPLATE,
    }
    _write_json(folder / "tokenizer_config.json", TOKENS | settings)


def _write_llama(folder: Path, vocabulary: int) -> None:
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": vocabulary,
        "hidden_size": WIDTH,
        "intermediate_size": INNER,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": KV_HEADS,
        "head_dim": HEAD,
        "max_position_embeddings": CONTEXT,
        "tie_word_embeddings": False,
        "torch_dtype": "float32",
    }
    _write_json(folder / "config.json", config | TOKEN_IDS)
    _write_json(folder / "generation_config.json", TOKEN_IDS)
    weights = {
        "model.embed_tokens.weight": _noise(vocabulary, WIDTH),
        "lm_head.weight": _noise(vocabulary, WIDTH),
        "model.norm.weight": _ones(WIDTH),
    }
    for layer in range(LAYERS):
        weights |= _llama_layer(f"model.layers.{layer}")
    _save(weights, folder / "model.safetensors")


def _llama_layer(name: str) -> Weights:
    query, key = HEADS * HEAD, KV_HEADS * HEAD
    return {
        f"{name}.self_attn.q_proj.weight": _noise(query, WIDTH),
        f"{name}.self_attn.k_proj.weight": _noise(key, WIDTH),
        f"{name}.self_attn.v_proj.weight": _noise(key, WIDTH),
        f"{name}.self_attn.o_proj.weight": _noise(WIDTH, query),
        f"{name}.mlp.gate_proj.weight": _noise(INNER, WIDTH),
        f"{name}.mlp.up_proj.weight": _noise(INNER, WIDTH),
        f"{name}.mlp.down_proj.weight": _noise(WIDTH, INNER),
        f"{name}.input_layernorm.weight": _ones(WIDTH),
        f"{name}.post_attention_layernorm.weight": _ones(WIDTH),
    }


def _write_adapter(folder: Path, base: Path) -> None:
    projections = {"q_proj": HEADS * HEAD, "v_proj": KV_HEADS * HEAD}
    config = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "r": RANK,
        "lora_alpha": 2 * RANK,
        "base_model_name_or_path": str(base),
        "target_modules": list(projections),
    }
    _write_json(folder / "adapter_config.json", config)
    weights: Weights = {}
    for layer in range(LAYERS):
        for projection, width in projections.items():
            name = f"base_model.model.model.layers.{layer}.self_attn.{projection}"
            weights[f"{name}.lora_A.weight"] = _noise(RANK, WIDTH)
            weights[f"{name}.lora_B.weight"] = _noise(width, RANK)
    _save(weights, folder / "adapter_model.safetensors")


def _write_bert(folder: Path, vocabulary: int) -> None:
    """Write an architecture that vLLM serves for embeddings and for nothing else."""
    config = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "vocab_size": vocabulary,
        "hidden_size": WIDTH,
        "intermediate_size": INNER,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "max_position_embeddings": BERT_CONTEXT,
        "pad_token_id": 0,
        "torch_dtype": "float32",
    }
    _write_json(folder / "config.json", config)
    weights = {
        "embeddings.word_embeddings.weight": _noise(vocabulary, WIDTH),
        "embeddings.position_embeddings.weight": _noise(BERT_CONTEXT, WIDTH),
        "embeddings.token_type_embeddings.weight": _noise(2, WIDTH),
        **_normal("embeddings.LayerNorm"),
    }
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}"
        for part in ("attention.self.query", "attention.self.key", "attention.self.value"):
            weights |= _linear(f"{name}.{part}", WIDTH, WIDTH)
        weights |= _linear(f"{name}.attention.output.dense", WIDTH, WIDTH)
        weights |= _normal(f"{name}.attention.output.LayerNorm")
        weights |= _linear(f"{name}.intermediate.dense", INNER, WIDTH)
        weights |= _linear(f"{name}.output.dense", WIDTH, INNER)
        weights |= _normal(f"{name}.output.LayerNorm")
    _save(weights, folder / "model.safetensors")


def _linear(name: str, rows: int, columns: int) -> Weights:
    return {f"{name}.weight": _noise(rows, columns), f"{name}.bias": np.zeros(rows, np.float32)}


def _normal(name: str) -> Weights:
    return {f"{name}.weight": _ones(WIDTH), f"{name}.bias": np.zeros(WIDTH, np.float32)}


def _noise(*shape: int) -> Any:
    return (random.standard_normal(shape) * 0.02).astype(np.float32)


def _ones(size: int) -> Any:
    return np.ones(size, np.float32)


def _save(weights: Weights, path: Path) -> None:
    save_file(weights, str(path), metadata={"format": "pt"})


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
