package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

func query(ctx context.Context) (string, error) {
	select {
	case <-time.After(time.Hour):
		return "row", nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func main() {
	// [guide]
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	row, err := query(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		fmt.Println("too slow")
	} else {
		fmt.Println(row)
	}
	// [end]
}
