// Reads a JSON list of objects and writes what kstatus makes of each: a JSON list of statuses.
package main

import (
	"encoding/json"
	"log"
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

func main() {
	var objects []unstructured.Unstructured
	if err := json.NewDecoder(os.Stdin).Decode(&objects); err != nil {
		log.Fatal(err)
	}
	statuses := []status.Status{}
	for _, object := range objects {
		result, err := status.Compute(&object)
		if err != nil {
			log.Fatal(err)
		}
		statuses = append(statuses, result.Status)
	}
	if err := json.NewEncoder(os.Stdout).Encode(statuses); err != nil {
		log.Fatal(err)
	}
}
