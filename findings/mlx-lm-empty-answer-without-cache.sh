#!/usr/bin/env bash
# mlx-lm 0.32.2 (on Linux with mlx[cpu]) serves a model of a local folder, and answers its list with 200 and
# no byte as long as Hugging Face's cache does not exist: it chats all the while. OPTIONS is 204 for any path.
. "$(dirname "$0")/lib/setup.sh"
install mlx-lm==0.32.2 'mlx[cpu]==0.32.4'
port=$(free_port) url="http://127.0.0.1:$port"
cat >"$folder/tiny.py" <<'PYTHON'
import json, sys
from pathlib import Path
import mlx.core as mx
from mlx.utils import tree_flatten
from mlx_lm.models.llama import Model, ModelArgs
from tokenizers import Tokenizer, models, pre_tokenizers
home = Path(sys.argv[1])
home.mkdir()
config = {"model_type": "llama", "hidden_size": 32, "num_hidden_layers": 1, "intermediate_size": 64, "num_attention_heads": 2, "num_key_value_heads": 2, "rms_norm_eps": 1e-5, "vocab_size": 8, "tie_word_embeddings": True, "eos_token_id": 1}
(home / "config.json").write_text(json.dumps(config))
weights = dict(tree_flatten(Model(ModelArgs.from_dict(config)).parameters()))
mx.save_safetensors(str(home / "model.safetensors"), weights)
words = ["<unk>", "</s>", "Hi", "a", "b", "c", "d", "e"]
tokenizer = Tokenizer(models.WordLevel({word: at for at, word in enumerate(words)}, unk_token="<unk>"))
tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
tokenizer.save(str(home / "tokenizer.json"))
template = "{% for message in messages %}{{ message['content'] }} {% endfor %}"
settings = {"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "<unk>", "eos_token": "</s>", "chat_template": template}
(home / "tokenizer_config.json").write_text(json.dumps(settings))
PYTHON
"$python" "$folder/tiny.py" "$folder/tiny"
export HF_HOME="$folder/huggingface"
run server.log "$python" -m mlx_lm server --model "$folder/tiny" --port "$port"
wait_for "$url/health" server.log

versions 'mlx|mlx-lm'
chat='{"model": "default_model", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}'
expect "chat" "200" "$(curl -s -o "$folder/chat" -w '%{http_code}' -H 'Content-Type: application/json' -d "$chat" "$url/v1/chat/completions")"
expect "the list without a cache: status and bytes" "200 0" "$(curl -s -o "$folder/list" -w '%{http_code} %{size_download}' "$url/v1/models")"
mkdir -p "$HF_HOME/hub"
expect "the list with an empty cache, the folder's path left out" "/tiny" "$(ids "$url" | sed "s|^.*/|/|")"
expect "OPTIONS of the chat route" "204" "$(options "$url/v1/chat/completions")"
expect "OPTIONS of no route" "204" "$(options "$url/v1/nonsense")"
