package main

import (
	"context"
	"fmt"
)

// [guide]
type userKey struct{}

func handle(ctx context.Context) {
	if user, ok := ctx.Value(userKey{}).(string); ok {
		fmt.Println("for", user)
	}
}

func main() {
	ctx := context.WithValue(context.Background(), userKey{}, "ada")
	handle(ctx)
}

// [end]
