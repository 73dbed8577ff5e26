package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

func main() {
	// [guide]
	g, ctx := errgroup.WithContext(context.Background())
	g.Go(func() error {
		return errors.New("disk full")
	})
	g.Go(func() error {
		select {
		case <-time.After(time.Hour):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	if err := g.Wait(); err != nil {
		fmt.Println("failed:", err)
	}
	// [end]
}
