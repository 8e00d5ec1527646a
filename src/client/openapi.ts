/** Types of the REST contract, generated from openapi/openapi.json by `npm run contract`. */
export interface paths {
    "/livez": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Does the process live */
        get: operations["livez"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Can the service take work */
        get: operations["readyz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List keys, newest first */
        get: operations["listApiKeys"];
        put?: never;
        /**
         * Make a key
         * @description For the caller's tenant. An admin of the service's own tenant may name another.
         */
        post: operations["createApiKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api-keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a key, without its secret */
        get: operations["getApiKey"];
        put?: never;
        post?: never;
        /**
         * End a key at once
         * @description Its streams are closed with 4011.
         */
        delete: operations["deleteApiKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api-keys/{id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a new key like this one, which then expires
         * @description Both work for the overlap. Streams of the old key are closed with 4011.
         */
        post: operations["rotateApiKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/compare": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Compare runs
         * @description Settings that differ, metrics and evaluations on the same steps, results, and how far the kernels and weights of the other runs are from the first one's.
         */
        get: operations["compareRuns"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/datasets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List data sets, newest first */
        get: operations["listDatasets"];
        put?: never;
        /**
         * Generate or upload a data set
         * @description JSON asks for a generator, or names a resumable upload. Any other body is one file, streamed to disk: an npz or safetensors with `x_train`, `y_train`, `x_test`, `y_test`, or a csv with a label column. With `Content-Digest` (RFC 9530, sha-256) it is checked.
         */
        post: operations["createDataset"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/datasets/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a data set */
        get: operations["getDataset"];
        put?: never;
        post?: never;
        /** Delete a data set that no run uses any more */
        delete: operations["deleteDataset"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/devices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Engines and devices of this machine, each tried with a small program */
        get: operations["getDevices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/limits": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every limit that a client can run into */
        get: operations["getLimits"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List models, newest first */
        get: operations["listModels"];
        put?: never;
        /**
         * Make a model from a definition or a file
         * @description JSON is a definition, the `model.json` of a Keras or TF.js layers model, whose weights may come with it as a form, or names a resumable upload of an ONNX file. Any other body is an ONNX file, streamed to disk and compared with ONNX Runtime. Shapes are checked and parameters counted at once; weights that are not given are drawn by the run.
         */
        post: operations["createModel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a model */
        get: operations["getModel"];
        put?: never;
        post?: never;
        /** Delete a model that no run uses any more */
        delete: operations["deleteModel"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{id}/onnx": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a model as an ONNX file
         * @description The file that it was imported from, or a new graph with the weights that a run begins with. Where weights need more than 1.5 GiB the answer is a tar of `model.onnx` and `weights.bin`.
         */
        get: operations["getModelOnnx"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ntk": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List one-off kernels, newest first */
        get: operations["listNtks"];
        put?: never;
        /**
         * Ask for a kernel of any model on any examples
         * @description It is computed in the background: read it again until its status is succeeded.
         */
        post: operations["createNtk"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ntk/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a one-off kernel's status and figures */
        get: operations["getNtk"];
        put?: never;
        post?: never;
        /** Delete a one-off kernel */
        delete: operations["deleteNtk"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ntk/{id}/kernel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Fetch the kernel itself
         * @description safetensors with one tensor `kernel` (the default, with Range), npy, or a PNG.
         */
        get: operations["getNtkKernel"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/plans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Plan a run without submitting it
         * @description Parameters, FLOPs, memory, the solver that would be chosen, the estimates of the others, and the largest stable rate of linear phases. Takes a moment: the kernel is looked at.
         */
        post: operations["planRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List runs, newest first */
        get: operations["listRuns"];
        put?: never;
        /**
         * Submit a run
         * @description The run waits in the queue until a trainer is free; follow it by its stream.
         */
        post: operations["createRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/runs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a run */
        get: operations["getRun"];
        put?: never;
        post?: never;
        /** Delete a run that has ended, with its log and artifacts */
        delete: operations["deleteRun"];
        options?: never;
        head?: never;
        /**
         * Change a live run
         * @description Each change takes effect at a step that the trainer states in a `steered` event; name and metadata change at once.
         */
        patch: operations["steerRun"];
        trace?: never;
    };
    "/v1/runs/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel a run
         * @description The trainer saves a checkpoint and ends for good. Asking twice is the same.
         */
        post: operations["cancelRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/runs/{id}/checkpoints": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List a run's checkpoints, newest first */
        get: operations["listCheckpoints"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/runs/{id}/checkpoints/{cid}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a checkpoint, or its weights
         * @description With `Accept: application/vnd.safetensors` the weights, one tensor a parameter, with Range. With `Accept: application/onnx` or `?format=onnx` the network with them as an ONNX file; where they need more than 1.5 GiB, as a tar of `model.onnx` and `weights.bin`.
         */
        get: operations["getCheckpoint"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/runs/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read or follow a run's log
         * @description JSON: one page, oldest first. `Accept: text/event-stream`: the log from the cursor (`Last-Event-ID` or `after`), then what comes; 204 when the run has ended and all was read.
         */
        get: operations["listEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/runs/{id}/fork": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Start a new run from a checkpoint of this one */
        post: operations["forkRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/runs/{id}/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read metrics as columns */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/runs/{id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Pause a run
         * @description The trainer saves a checkpoint and ends; `resume` goes on from it. Asking twice is the same.
         */
        post: operations["pauseRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/runs/{id}/predict": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Outputs for given inputs
         * @description From the latest checkpoint unless one is named.
         */
        post: operations["predict"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/runs/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Resume a paused run
         * @description It waits in the queue for a free trainer.
         */
        post: operations["resumeRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/runs/{id}/snapshots": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List a run's kernel snapshots, newest first */
        get: operations["listSnapshots"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/runs/{id}/snapshots/{sid}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read the figures of a snapshot */
        get: operations["getSnapshot"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/runs/{id}/snapshots/{sid}/kernel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the kernel of a snapshot
         * @description safetensors with one tensor `kernel` (the default, with Range), npy, or a PNG heat map. [N, O, N, O] is drawn as one matrix of side N·O, [O, N, N] as O blocks below each other.
         */
        get: operations["getKernel"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/stream-tickets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Get a ticket for one stream
         * @description For browsers, which cannot send a header with a WebSocket: put it into `?ticket=` of a stream. It works once, for a minute, for the caller's tenant, and for reading streams alone.
         */
        post: operations["createStreamTicket"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sweeps": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List sweeps, newest first */
        get: operations["listSweeps"];
        put?: never;
        /**
         * Submit a sweep: a run for every cell of a grid or a list
         * @description Every cell is checked before anything is made. Cells become runs in order, as there is room; equal seeds give equal batches in all of them.
         */
        post: operations["createSweep"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sweeps/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a sweep and its table of results
         * @description As csv or an Arrow stream one line a cell, or with `table=groups` one for all seeds together. Arrow columns are typed; NaN and infinities are floats there.
         */
        get: operations["getSweep"];
        put?: never;
        post?: never;
        /** Delete a sweep that has ended, with its runs */
        delete: operations["deleteSweep"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sweeps/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel a sweep
         * @description No further cell becomes a run, and runs that have not ended are cancelled.
         */
        post: operations["cancelSweep"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sweeps/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow a whole sweep by server-sent events
         * @description The frames of the sweep's WebSocket stream, each an event named after its frame: `sweep` whenever the counts change, and of every run `hello`, `event`, `gap`, `caught_up`, `complete`. The id of an event says how far every run was told; a reader who sends it as `Last-Event-ID` goes on there. The answer ends when the sweep has ended and all is told.
         */
        get: operations["followSweep"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sweeps/{id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Pause a sweep
         * @description No further cell becomes a run, and runs that have not ended pause with a checkpoint.
         */
        post: operations["pauseSweep"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sweeps/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Resume a paused sweep
         * @description Its paused runs wait in the queue.
         */
        post: operations["resumeSweep"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/uploads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begin a resumable upload
         * @description Then send its bytes by PATCH, and name it where a file is asked for.
         */
        post: operations["createUpload"];
        delete?: never;
        /** Read what is spoken of tus */
        options: operations["getUploadOptions"];
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/uploads/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End an upload */
        delete: operations["deleteUpload"];
        options?: never;
        head?: never;
        /**
         * Send more of an upload
         * @description From `Upload-Offset` on. With `Upload-Checksum` (sha256 or sha1, Base64) a piece is kept whole or not at all; without, what came of a piece that was cut off is kept.
         */
        patch: operations["continueUpload"];
        trace?: never;
    };
    "/v1/workers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Replicas that train, and what they have
         * @description Those that were seen in the last minute. With the embedded store it is one.
         */
        get: operations["listWorkers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description What the kernel alone makes of the data (Long 2021), by ridge. */
        AfterKernel: {
            accuracy: (number | "NaN" | "Infinity" | "-Infinity") | null;
            first_accuracy: (number | "NaN" | "Infinity" | "-Infinity") | null;
            /** @description The same of the run's first kernel. */
            first_loss: number | "NaN" | "Infinity" | "-Infinity";
            /** @description ‖f − y‖²/(2n), held out; classes are one-hot. */
            loss: number | "NaN" | "Infinity" | "-Infinity";
            /** @description µ over the mean of K's diagonal. */
            ridge: number;
            /** @description Scored: the first of test. */
            test_examples: number;
            /** @description Fitted: the first of train. */
            train_examples: number;
        };
        /** @description Standard training, Gauss–Newton, or iterative linearised training (arXiv 2211.12345). */
        Algorithm: {
            /** @constant */
            type: "standard";
        } | {
            /**
             * @description Whether momenta survive a linearisation.
             * @default carry
             */
            optimizer_state?: "carry" | "reset";
            period: components["schemas"]["Period"];
            /**
             * @description Keep the anchor's activations of the whole training set, or recompute.
             * @default auto
             */
            primals?: "auto" | "keep" | "recompute";
            /**
             * @description How steps inside a linear phase are computed; the numbers are the same.
             * @default auto
             */
            solver?: "auto" | "weight_space" | "function_space" | "closed_form";
            /** @constant */
            type: "linearised";
        } | {
            /** @description Where conjugate gradients end. */
            cg?: {
                /** @default 200 */
                iterations?: number;
                /** @default 0.000001 */
                tolerance?: number;
            };
            /**
             * @description How far a step trusts the linear model.
             * @default 0.01
             */
            damping?: number | {
                /** @description K: µ = 1/(learning_rate · K). */
                period: number;
            } | {
                /** @description The first µ. After each step it follows the ratio of the decrease that came to the one foretold; a step that does not lower the loss is not taken. */
                adaptive: number;
            };
            /**
             * @description Halve a step until the network's loss falls.
             * @default true
             */
            line_search?: boolean;
            /** @default auto */
            solver?: "auto" | "function_space" | "cg";
            /**
             * @description Each step solves the linearised problem to its end; batch_size must be full.
             * @constant
             */
            type: "gauss_newton";
        };
        ApiKey: {
            /**
             * Format: date-time
             * @description UTC, RFC 3339.
             */
            created_at: string;
            expires_at: string | null;
            /** @description Identifier of a key. */
            id: string;
            /** @description To the minute. */
            last_used_at: string | null;
            name: string;
            scopes: ("runs:read" | "runs:write" | "models:read" | "models:write" | "datasets:read" | "datasets:write" | "stream:read" | "admin")[];
            /** @description Whose resources are seen and made. Others' are not found. */
            tenant: string;
        };
        ApiKeyPage: {
            data: components["schemas"]["ApiKey"][];
            has_more: boolean;
            next_cursor: string | null;
        };
        /**
         * @example {
         *       "name": "dashboard",
         *       "scopes": [
         *         "runs:read",
         *         "stream:read"
         *       ]
         *     }
         */
        ApiKeyRequest: {
            /**
             * Format: date-time
             * @description UTC, RFC 3339.
             */
            expires_at?: string;
            name: string;
            scopes: ("runs:read" | "runs:write" | "models:read" | "models:write" | "datasets:read" | "datasets:write" | "stream:read" | "admin")[];
            /** @description Whose resources are seen and made. Others' are not found. */
            tenant?: string;
        };
        Checkpoint: {
            bytes: number;
            /**
             * Format: date-time
             * @description UTC, RFC 3339.
             */
            created_at: string;
            /** @description Of the manifest. */
            digest: string;
            final: boolean;
            /** @description Identifier of a checkpoint. */
            id: string;
            /** @description Identifier of a run. */
            run: string;
            step: number;
            /** @description Of the weights as safetensors. */
            weights: string;
        };
        CheckpointPage: {
            data: components["schemas"]["Checkpoint"][];
            has_more: boolean;
            next_cursor: string | null;
        };
        Comparison: {
            /** @description Settings in which the runs are not all the same. */
            differences: {
                /** @description Of a setting, as in the run's request. */
                pointer: string;
                /** @description One for each run; null where the setting does not apply. */
                values: unknown[];
            }[];
            /** @description Loss and accuracy of both functions on both splits; null where a run has no evaluation. */
            evaluations: {
                columns: {
                    [key: string]: (components["schemas"]["Figure"] | null)[][];
                };
                steps: number[];
            };
            /** @description Of each other run's snapshots to the first run's at equal steps, where both look at the same probe and keep their kernels. */
            kernels: {
                points: {
                    /** @description Cosine of the two kernels after centring them over examples. */
                    cka: number | "NaN" | "Infinity" | "-Infinity";
                    /** @description S = 1 − cosine of the two kernels. */
                    distance: number | "NaN" | "Infinity" | "-Infinity";
                    /** @description ‖K − K_first‖ / ‖K_first‖. */
                    relative_change: number | "NaN" | "Infinity" | "-Infinity";
                    /** @description Of both runs. */
                    step: number;
                }[];
                reason: string | null;
                /** @description Identifier of a run. */
                run: string;
            }[];
            /** @description Each run's value at the last reported step up to this one and after the step before; null where it has none. */
            metrics: {
                columns: {
                    [key: string]: (components["schemas"]["Figure"] | null)[][];
                };
                steps: number[];
            };
            /** @description Of each other run's checkpoints to the first run's at equal steps, for equal networks. */
            parameters: {
                points: {
                    /** @description ‖θ − θ_first‖ / ‖θ_first‖. */
                    relative_distance: number | "NaN" | "Infinity" | "-Infinity";
                    /** @description Of both runs. */
                    step: number;
                }[];
                reason: string | null;
                /** @description Identifier of a run. */
                run: string;
            }[];
            runs: {
                /** @description Identifier of a run. */
                id: string;
                linearisations: number | null;
                name: string | null;
                result: components["schemas"]["Evaluation"] | null;
                status: components["schemas"]["RunStatus"];
                step: number;
                steps: number;
            }[];
        };
        CumulativePower: {
            /** @description The same after centring K and Y. */
            centred_power: components["schemas"]["Figure"][];
            /** @description ρ: how many leading eigenvectors φ of K are counted. */
            modes: number[];
            /** @description C(ρ): share of ‖Y‖² in their span. */
            power: components["schemas"]["Figure"][];
        };
        Dataset: {
            bytes: number;
            class_names: string[] | null;
            classes: number | null;
            /**
             * Format: date-time
             * @description UTC, RFC 3339.
             */
            created_at: string;
            /** @description Digest of the bytes; equal bytes have equal digests. */
            digest: string;
            generator: components["schemas"]["Generator"] | null;
            /** @description Identifier of a data set. */
            id: string;
            input_shape: number[];
            /** @description Free labels; Linnet stores and returns them. */
            metadata: {
                [key: string]: string;
            };
            name: string | null;
            /**
             * @description What it was made from.
             * @enum {string}
             */
            source: "generator" | "npz" | "safetensors" | "csv" | "npy" | "idx";
            splits: {
                test: {
                    examples: number;
                    x: {
                        /**
                         * @description Of its numbers.
                         * @enum {string}
                         */
                        dtype: "float32" | "float64" | "int32";
                        shape: number[];
                    };
                    y: {
                        /**
                         * @description Of its numbers.
                         * @enum {string}
                         */
                        dtype: "float32" | "float64" | "int32";
                        shape: number[];
                    };
                };
                train: {
                    examples: number;
                    x: {
                        /**
                         * @description Of its numbers.
                         * @enum {string}
                         */
                        dtype: "float32" | "float64" | "int32";
                        shape: number[];
                    };
                    y: {
                        /**
                         * @description Of its numbers.
                         * @enum {string}
                         */
                        dtype: "float32" | "float64" | "int32";
                        shape: number[];
                    };
                };
            };
            /**
             * @description What the targets are.
             * @enum {string}
             */
            task: "classification" | "regression";
        };
        DatasetPage: {
            data: components["schemas"]["Dataset"][];
            has_more: boolean;
            next_cursor: string | null;
        };
        /**
         * @example {
         *       "name": "wedge",
         *       "generator": {
         *         "type": "wedge",
         *         "train": 1000,
         *         "seed": 1
         *       }
         *     }
         */
        DatasetRequest: {
            generator: components["schemas"]["Generator"];
            /** @description Free labels; Linnet stores and returns them. */
            metadata?: {
                [key: string]: string;
            };
            name?: string;
        };
        /**
         * @example {
         *       "upload": "upl_0000000000000000000a",
         *       "format": "npz",
         *       "name": "digits"
         *     }
         */
        DatasetUpload: {
            /**
             * @description Of the file that was uploaded.
             * @enum {string}
             */
            format: "npz" | "safetensors" | "csv";
            /** @description csv: column of the label. */
            label?: string;
            /** @description Free labels; Linnet stores and returns them. */
            metadata?: {
                [key: string]: string;
            };
            name?: string;
            seed?: number;
            /**
             * @description csv: what the labels are.
             * @enum {string}
             */
            task?: "classification" | "regression";
            test_fraction?: number;
            /** @description Identifier of a upload. */
            upload: string;
        };
        /** @description A network in JSON. */
        Definition: {
            init?: components["schemas"]["Initialiser"];
            input: {
                /**
                 * @description integer: ids of a vocabulary, read by an embedding.
                 * @enum {string}
                 */
                dtype?: "real" | "integer";
                /** @description Of one example: [features], [length, channels] or [height, width, channels]. */
                shape: number[];
            };
            layers: components["schemas"]["Layer"][];
            /**
             * @description ntk: weights begin at N(0, 1) and are multiplied by gain / √fan-in in the forward pass.
             * @enum {string}
             */
            parameterization?: "standard" | "ntk";
            seed?: number | null;
        } | {
            init?: components["schemas"]["Initialiser"];
            input: {
                /**
                 * @description integer: ids of a vocabulary, read by an embedding.
                 * @enum {string}
                 */
                dtype?: "real" | "integer";
                /** @description Of one example: [features], [length, channels] or [height, width, channels]. */
                shape: number[];
            };
            nodes: components["schemas"]["GraphNode"][];
            output: string;
            /**
             * @description ntk: weights begin at N(0, 1) and are multiplied by gain / √fan-in in the forward pass.
             * @enum {string}
             */
            parameterization?: "standard" | "ntk";
            seed?: number | null;
        };
        Devices: {
            /**
             * Format: date-time
             * @description UTC, RFC 3339.
             */
            checked_at: string;
            engines: {
                devices: ("cpu" | "cuda" | "webgpu")[];
                dtypes: ("float32" | "float64")[];
                /**
                 * @description As named in a run.
                 * @enum {string}
                 */
                engine: "onnxruntime" | "tfjs" | "reference";
                trials: {
                    /**
                     * @description As named in a run.
                     * @enum {string}
                     */
                    device: "cpu" | "cuda" | "webgpu";
                    milliseconds: number | null;
                    precision?: ("float32" | "float32_tf32" | "float32_float16" | "float32_bfloat16" | "float32_reduced" | "float64") | null;
                    /** @description The library and its provider, or the package. */
                    provider: string;
                    reason: string | null;
                    remedy: string | null;
                    /** @description A small program ran there and its result was right. */
                    usable: boolean;
                }[];
                version: string | null;
            }[];
            gpus: {
                driver: string | null;
                /** @description n of cuda:n. */
                index?: number;
                memory_bytes?: number;
                name: string;
            }[];
            host: {
                cores: number;
                /** @description Model name. */
                cpu: string;
                memory_bytes: number;
            };
        };
        Evaluation: {
            /** @description The network at the averaged weights; with `optimizer.averaging` alone. */
            averaged?: {
                test: components["schemas"]["Score"];
                train: components["schemas"]["Score"];
            };
            linearised: {
                test: components["schemas"]["Score"];
                train: components["schemas"]["Score"];
            };
            network: {
                test: components["schemas"]["Score"];
                train: components["schemas"]["Score"];
            };
        };
        EventPage: {
            data: components["schemas"]["RunEvent"][];
            /** @description Of the log; a cursor is only good within one epoch. */
            epoch: string;
            has_more: boolean;
            /** @description `after` of the next page. */
            next_cursor: number;
        };
        FieldError: {
            /** @description What is wrong and how to mend it. */
            detail: string;
            /** @description JSON pointer to the field, or /header/Name, /query/name. */
            pointer: string;
        };
        /** @description A number, or "NaN", "Infinity", "-Infinity". */
        Figure: number | "NaN" | "Infinity" | "-Infinity";
        /**
         * @example {
         *       "steps": 2000,
         *       "algorithm": {
         *         "type": "standard"
         *       }
         *     }
         */
        ForkRequest: {
            algorithm?: components["schemas"]["Algorithm"];
            /** @description Identifier of a checkpoint. */
            checkpoint?: string;
            evaluate?: {
                /** @description Steps between evaluations; the last step has one too. */
                every: number;
            };
            /** @description Free labels; Linnet stores and returns them. */
            metadata?: {
                [key: string]: string;
            };
            name?: string;
            optimizer?: {
                averaging?: ({
                    /** @description d. */
                    decay: number;
                    /**
                     * @description ā ← d·ā + (1 − d)·θ after each step, from θ₀.
                     * @constant
                     */
                    type: "ema";
                } | {
                    /** @description Steps done. */
                    from: number;
                    /**
                     * @description The mean of θ over the steps from `from` on; θ itself before.
                     * @constant
                     */
                    type: "tail";
                }) | null;
                /** @default 0.9 */
                beta1?: number;
                /** @default 0.999 */
                beta2?: number;
                clip_norm?: number | null;
                /** @default 1e-8 */
                epsilon?: number;
                learning_rate?: number;
                /**
                 * @description sgd: v ← μv + g.
                 * @default 0
                 */
                momentum?: number;
                /**
                 * @description sgd: step along g + μv instead of v.
                 * @default false
                 */
                nesterov?: boolean;
                schedule?: components["schemas"]["Schedule"];
                type?: "sgd" | "adam" | "adamw";
                /**
                 * @description sgd, adam: added to g; adamw: decoupled.
                 * @default 0
                 */
                weight_decay?: number;
                /**
                 * @description What weights decay to: 0, or the anchor's weights (explicit damping).
                 * @default zero
                 */
                weight_decay_to?: "zero" | "anchor";
            };
            /**
             * @description Of runs that wait, higher ones start first.
             * @default normal
             * @enum {string}
             */
            priority?: "low" | "normal" | "high";
            snapshots?: components["schemas"]["Snapshots"] | null;
            steps?: number;
        };
        /** @description A generated data set; `type` says which generator. */
        Generator: {
            /**
             * @description Length of an input vector.
             * @default 20
             */
            dimension?: number;
            /**
             * @description Fraction of training labels replaced by another class; test labels stay clean.
             * @default 0
             */
            label_noise?: number;
            /**
             * @description Equal options and seeds give equal bytes. More examples keep the same hidden problem.
             * @default 0
             */
            seed?: number;
            /**
             * @description Number of test examples.
             * @default 2000
             */
            test?: number;
            /**
             * @description Number of training examples.
             * @default 1000
             */
            train?: number;
            /** @constant */
            type: "wedge";
        } | {
            /**
             * @description The target is the product of the first `bits` coordinates.
             * @default 2
             */
            bits?: number;
            /**
             * @description Length of an input vector.
             * @default 20
             */
            dimension?: number;
            /**
             * @description Standard deviation of Gaussian noise added to training targets; test targets stay clean.
             * @default 0
             */
            label_noise?: number;
            /**
             * @description Equal options and seeds give equal bytes. More examples keep the same hidden problem.
             * @default 0
             */
            seed?: number;
            /**
             * @description Number of test examples.
             * @default 2000
             */
            test?: number;
            /**
             * @description Number of training examples.
             * @default 300
             */
            train?: number;
            /** @constant */
            type: "parity";
        } | {
            /**
             * @description Length of an input vector.
             * @default 20
             */
            dimension?: number;
            /**
             * @description Standard deviation of Gaussian noise added to training targets; test targets stay clean.
             * @default 0
             */
            label_noise?: number;
            /**
             * @description Equal options and seeds give equal bytes. More examples keep the same hidden problem.
             * @default 0
             */
            seed?: number;
            /**
             * @description Number of test examples.
             * @default 2000
             */
            test?: number;
            /**
             * @description Number of training examples.
             * @default 1000
             */
            train?: number;
            /** @constant */
            type: "xor";
        } | {
            /**
             * @description Number of classes.
             * @default 4
             */
            classes?: number;
            /**
             * @description Length of an input vector.
             * @default 20
             */
            dimension?: number;
            /**
             * @description Hidden layers of the teacher.
             * @default 1
             */
            hidden_layers?: number;
            /**
             * @description Units of each hidden layer of the teacher.
             * @default 32
             */
            hidden_units?: number;
            /**
             * @description On training labels only: fraction replaced by another class, or standard deviation of noise on targets (which have variance 1).
             * @default 0
             */
            label_noise?: number;
            /**
             * @description Equal options and seeds give equal bytes. More examples keep the same hidden problem.
             * @default 0
             */
            seed?: number;
            /**
             * @description Outputs of a regression teacher.
             * @default 1
             */
            targets?: number;
            /**
             * @description What the teacher's outputs mean.
             * @default regression
             */
            task?: "regression" | "classification";
            /**
             * @description Number of test examples.
             * @default 2000
             */
            test?: number;
            /**
             * @description Number of training examples.
             * @default 1000
             */
            train?: number;
            /** @constant */
            type: "teacher";
        } | {
            /**
             * @description Number of classes.
             * @default 2
             */
            classes?: number;
            /**
             * @description Fraction of training labels replaced by another class; test labels stay clean.
             * @default 0
             */
            label_noise?: number;
            /**
             * @description Standard deviation of the points around their arm of length 1.
             * @default 0.03
             */
            noise?: number;
            /**
             * @description Equal options and seeds give equal bytes. More examples keep the same hidden problem.
             * @default 0
             */
            seed?: number;
            /**
             * @description Number of test examples.
             * @default 2000
             */
            test?: number;
            /**
             * @description Number of training examples.
             * @default 1000
             */
            train?: number;
            /**
             * @description Turns of each arm around the origin.
             * @default 1.5
             */
            turns?: number;
            /** @constant */
            type: "spirals";
        } | {
            /**
             * @description Number of classes.
             * @default 4
             */
            classes?: number;
            /**
             * @description Gaussian clusters that make up one class.
             * @default 1
             */
            clusters_per_class?: number;
            /**
             * @description Length of an input vector.
             * @default 10
             */
            dimension?: number;
            /**
             * @description Fraction of training labels replaced by another class; test labels stay clean.
             * @default 0
             */
            label_noise?: number;
            /**
             * @description Equal options and seeds give equal bytes. More examples keep the same hidden problem.
             * @default 0
             */
            seed?: number;
            /**
             * @description Distance of cluster centres from the origin; the spread within a cluster is 1.
             * @default 3
             */
            separation?: number;
            /**
             * @description Number of test examples.
             * @default 2000
             */
            test?: number;
            /**
             * @description Number of training examples.
             * @default 1000
             */
            train?: number;
            /** @constant */
            type: "clusters";
        } | {
            /**
             * @description How many of circle, square, triangle, cross, ring, bar are used, in this order.
             * @default 4
             */
            classes?: number;
            /**
             * @description Fraction of training labels replaced by another class; test labels stay clean.
             * @default 0
             */
            label_noise?: number;
            /**
             * @description Standard deviation of pixel noise; a shape's grey is 0.6 to 1.
             * @default 0.1
             */
            noise?: number;
            /**
             * @description Whether shapes are turned by a random angle.
             * @default true
             */
            rotate?: boolean;
            /**
             * @description Equal options and seeds give equal bytes. More examples keep the same hidden problem.
             * @default 0
             */
            seed?: number;
            /**
             * @description Side of an image in pixels; inputs are [size, size, 1].
             * @default 16
             */
            size?: number;
            /**
             * @description Number of test examples.
             * @default 1000
             */
            test?: number;
            /**
             * @description Number of training examples.
             * @default 1000
             */
            train?: number;
            /** @constant */
            type: "shapes";
        } | {
            /**
             * @description Fraction of training labels replaced by another class; test labels stay clean.
             * @default 0
             */
            label_noise?: number;
            /**
             * @description Tokens in a sequence; inputs are integers [length].
             * @default 16
             */
            length?: number;
            /**
             * @description What decides the class of a sequence.
             * @default repeat
             */
            rule?: "repeat" | "majority" | "induction";
            /**
             * @description Equal options and seeds give equal bytes. More examples keep the same hidden problem.
             * @default 0
             */
            seed?: number;
            /**
             * @description Number of test examples.
             * @default 1000
             */
            test?: number;
            /**
             * @description Number of training examples.
             * @default 2000
             */
            train?: number;
            /** @constant */
            type: "tokens";
            /**
             * @description Number of different tokens.
             * @default 16
             */
            vocabulary?: number;
        };
        GraphNode: {
            /**
             * @description Applied elementwise (softmax: over the last axis).
             * @enum {string}
             */
            activation?: "linear" | "relu" | "leaky_relu" | "elu" | "selu" | "gelu" | "gelu_tanh" | "silu" | "sigmoid" | "tanh" | "softplus" | "softsign" | "relu6" | "hard_sigmoid" | "hard_swish" | "mish" | "exponential" | "softmax";
            id: string;
            init?: components["schemas"]["Initialiser"];
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /** @constant */
            type: "dense";
            /** @description Outputs; acts on the last axis. */
            units: number;
            /** @default true */
            use_bias?: boolean;
        } | {
            /**
             * @description Applied elementwise (softmax: over the last axis).
             * @enum {string}
             */
            activation?: "linear" | "relu" | "leaky_relu" | "elu" | "selu" | "gelu" | "gelu_tanh" | "silu" | "sigmoid" | "tanh" | "softplus" | "softsign" | "relu6" | "hard_sigmoid" | "hard_swish" | "mish" | "exponential" | "softmax";
            /** @description Dilations: one number, or one for each axis. */
            dilations?: number | number[];
            /** @description Output channels. */
            filters: number;
            /** @description Groups of channels. */
            groups?: number;
            id: string;
            init?: components["schemas"]["Initialiser"];
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /** @description Kernel size: one number, or one for each axis. */
            kernel: number | number[];
            /** @description valid: none; same: output = ⌈input / stride⌉; or zeros on both sides. */
            padding?: "valid" | "same" | number | number[];
            /** @description Strides: one number, or one for each axis. */
            strides?: number | number[];
            /** @constant */
            type: "conv1d";
            /** @default true */
            use_bias?: boolean;
        } | {
            /**
             * @description Applied elementwise (softmax: over the last axis).
             * @enum {string}
             */
            activation?: "linear" | "relu" | "leaky_relu" | "elu" | "selu" | "gelu" | "gelu_tanh" | "silu" | "sigmoid" | "tanh" | "softplus" | "softsign" | "relu6" | "hard_sigmoid" | "hard_swish" | "mish" | "exponential" | "softmax";
            /** @description Dilations: one number, or one for each axis. */
            dilations?: number | number[];
            /** @description Output channels. */
            filters: number;
            /** @description Groups of channels. */
            groups?: number;
            id: string;
            init?: components["schemas"]["Initialiser"];
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /** @description Kernel size: one number, or one for each axis. */
            kernel: number | number[];
            /** @description valid: none; same: output = ⌈input / stride⌉; or zeros on both sides. */
            padding?: "valid" | "same" | number | number[];
            /** @description Strides: one number, or one for each axis. */
            strides?: number | number[];
            /** @constant */
            type: "conv2d";
            /** @default true */
            use_bias?: boolean;
        } | {
            /**
             * @description Applied elementwise (softmax: over the last axis).
             * @enum {string}
             */
            activation?: "linear" | "relu" | "leaky_relu" | "elu" | "selu" | "gelu" | "gelu_tanh" | "silu" | "sigmoid" | "tanh" | "softplus" | "softsign" | "relu6" | "hard_sigmoid" | "hard_swish" | "mish" | "exponential" | "softmax";
            /** @description Dilations: one number, or one for each axis. */
            dilations?: number | number[];
            /** @description Output channels. */
            filters: number;
            /** @description Groups of channels. */
            groups?: number;
            id: string;
            init?: components["schemas"]["Initialiser"];
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /** @description Kernel size: one number, or one for each axis. */
            kernel: number | number[];
            /** @description valid: none; same: output = ⌈input / stride⌉; or zeros on both sides. */
            padding?: "valid" | "same" | number | number[];
            /** @description Strides: one number, or one for each axis. */
            strides?: number | number[];
            /** @constant */
            type: "conv3d";
            /** @default true */
            use_bias?: boolean;
        } | {
            /**
             * @description Applied elementwise (softmax: over the last axis).
             * @enum {string}
             */
            activation?: "linear" | "relu" | "leaky_relu" | "elu" | "selu" | "gelu" | "gelu_tanh" | "silu" | "sigmoid" | "tanh" | "softplus" | "softsign" | "relu6" | "hard_sigmoid" | "hard_swish" | "mish" | "exponential" | "softmax";
            /** @description Dilations: one number, or one for each axis. */
            dilations?: number | number[];
            /** @description Output channels. */
            filters: number;
            id: string;
            init?: components["schemas"]["Initialiser"];
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /** @description Kernel size: one number, or one for each axis. */
            kernel: number | number[];
            /** @description valid: none; same: output = ⌈input / stride⌉; or zeros on both sides. */
            padding?: "valid" | "same" | number | number[];
            /** @description Strides: one number, or one for each axis. */
            strides?: number | number[];
            /** @constant */
            type: "conv1d_transpose";
            /** @default true */
            use_bias?: boolean;
        } | {
            /**
             * @description Applied elementwise (softmax: over the last axis).
             * @enum {string}
             */
            activation?: "linear" | "relu" | "leaky_relu" | "elu" | "selu" | "gelu" | "gelu_tanh" | "silu" | "sigmoid" | "tanh" | "softplus" | "softsign" | "relu6" | "hard_sigmoid" | "hard_swish" | "mish" | "exponential" | "softmax";
            /** @description Dilations: one number, or one for each axis. */
            dilations?: number | number[];
            /** @description Output channels. */
            filters: number;
            id: string;
            init?: components["schemas"]["Initialiser"];
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /** @description Kernel size: one number, or one for each axis. */
            kernel: number | number[];
            /** @description valid: none; same: output = ⌈input / stride⌉; or zeros on both sides. */
            padding?: "valid" | "same" | number | number[];
            /** @description Strides: one number, or one for each axis. */
            strides?: number | number[];
            /** @constant */
            type: "conv2d_transpose";
            /** @default true */
            use_bias?: boolean;
        } | {
            /**
             * @description Applied elementwise (softmax: over the last axis).
             * @enum {string}
             */
            activation?: "linear" | "relu" | "leaky_relu" | "elu" | "selu" | "gelu" | "gelu_tanh" | "silu" | "sigmoid" | "tanh" | "softplus" | "softsign" | "relu6" | "hard_sigmoid" | "hard_swish" | "mish" | "exponential" | "softmax";
            /** @description Dilations: one number, or one for each axis. */
            dilations?: number | number[];
            id: string;
            init?: components["schemas"]["Initialiser"];
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /** @description Kernel size: one number, or one for each axis. */
            kernel: number | number[];
            /**
             * @description Outputs of each input channel.
             * @default 1
             */
            multiplier?: number;
            /** @description valid: none; same: output = ⌈input / stride⌉; or zeros on both sides. */
            padding?: "valid" | "same" | number | number[];
            /** @description Strides: one number, or one for each axis. */
            strides?: number | number[];
            /** @constant */
            type: "depthwise_conv2d";
            /** @default true */
            use_bias?: boolean;
        } | {
            /**
             * @description Applied elementwise (softmax: over the last axis).
             * @enum {string}
             */
            activation?: "linear" | "relu" | "leaky_relu" | "elu" | "selu" | "gelu" | "gelu_tanh" | "silu" | "sigmoid" | "tanh" | "softplus" | "softsign" | "relu6" | "hard_sigmoid" | "hard_swish" | "mish" | "exponential" | "softmax";
            /** @description Dilations: one number, or one for each axis. */
            dilations?: number | number[];
            /** @description Output channels. */
            filters: number;
            id: string;
            init?: components["schemas"]["Initialiser"];
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /** @description Kernel size: one number, or one for each axis. */
            kernel: number | number[];
            /**
             * @description Outputs of each input channel.
             * @default 1
             */
            multiplier?: number;
            /** @description valid: none; same: output = ⌈input / stride⌉; or zeros on both sides. */
            padding?: "valid" | "same" | number | number[];
            /** @description Strides: one number, or one for each axis. */
            strides?: number | number[];
            /** @constant */
            type: "separable_conv2d";
            /** @default true */
            use_bias?: boolean;
        } | {
            id: string;
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /** @description valid: none; same: output = ⌈input / stride⌉; or zeros on both sides. */
            padding?: "valid" | "same" | number | number[];
            /** @description Window: one number, or one for each axis. */
            size: number | number[];
            /** @description Strides; the window by default: one number, or one for each axis. */
            strides?: number | number[];
            /** @constant */
            type: "max_pool1d";
        } | {
            id: string;
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /** @description valid: none; same: output = ⌈input / stride⌉; or zeros on both sides. */
            padding?: "valid" | "same" | number | number[];
            /** @description Window: one number, or one for each axis. */
            size: number | number[];
            /** @description Strides; the window by default: one number, or one for each axis. */
            strides?: number | number[];
            /** @constant */
            type: "max_pool2d";
        } | {
            id: string;
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /** @description valid: none; same: output = ⌈input / stride⌉; or zeros on both sides. */
            padding?: "valid" | "same" | number | number[];
            /** @description Window: one number, or one for each axis. */
            size: number | number[];
            /** @description Strides; the window by default: one number, or one for each axis. */
            strides?: number | number[];
            /** @constant */
            type: "average_pool1d";
        } | {
            id: string;
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /** @description valid: none; same: output = ⌈input / stride⌉; or zeros on both sides. */
            padding?: "valid" | "same" | number | number[];
            /** @description Window: one number, or one for each axis. */
            size: number | number[];
            /** @description Strides; the window by default: one number, or one for each axis. */
            strides?: number | number[];
            /** @constant */
            type: "average_pool2d";
        } | {
            id: string;
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /** @constant */
            type: "global_average_pool";
        } | {
            id: string;
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /** @constant */
            type: "global_max_pool";
        } | {
            id: string;
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /** @constant */
            type: "flatten";
        } | {
            id: string;
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            shape: number[];
            /** @constant */
            type: "reshape";
        } | {
            /** @description For each axis of the output, the axis of the input that it is, from 0. */
            axes: number[];
            id: string;
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /** @constant */
            type: "permute";
        } | {
            /** @description Zeros after each spatial axis: one number, or one for each axis. */
            after?: number | number[];
            /** @description Zeros before each spatial axis: one number, or one for each axis. */
            before?: number | number[];
            id: string;
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /** @constant */
            type: "zero_padding";
        } | {
            id: string;
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /** @description How often each cell is repeated: one number, or one for each axis. */
            size: number | number[];
            /** @constant */
            type: "upsample";
        } | {
            /**
             * @description Add a trained offset for each channel.
             * @default true
             */
            centre?: boolean;
            /**
             * @description Added to the variance.
             * @default 0.00001
             */
            epsilon?: number;
            id: string;
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /**
             * @description Multiply by a trained factor for each channel.
             * @default true
             */
            scale?: boolean;
            /** @constant */
            type: "layer_norm";
        } | {
            /**
             * @description Added to the variance.
             * @default 0.00001
             */
            epsilon?: number;
            id: string;
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /**
             * @description Multiply by a trained factor for each channel.
             * @default true
             */
            scale?: boolean;
            /** @constant */
            type: "rms_norm";
        } | {
            /**
             * @description Add a trained offset for each channel.
             * @default true
             */
            centre?: boolean;
            /**
             * @description Added to the variance.
             * @default 0.00001
             */
            epsilon?: number;
            /** @description Groups of channels. */
            groups: number;
            id: string;
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /**
             * @description Multiply by a trained factor for each channel.
             * @default true
             */
            scale?: boolean;
            /** @constant */
            type: "group_norm";
        } | {
            /**
             * @description Add a trained offset for each channel.
             * @default true
             */
            centre?: boolean;
            /**
             * @description Added to the variance.
             * @default 0.00001
             */
            epsilon?: number;
            id: string;
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /**
             * @description Multiply by a trained factor for each channel.
             * @default true
             */
            scale?: boolean;
            /** @constant */
            type: "instance_norm";
        } | {
            /**
             * @description Add a trained offset for each channel.
             * @default true
             */
            centre?: boolean;
            /**
             * @description Added to the variance.
             * @default 0.00001
             */
            epsilon?: number;
            id: string;
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /**
             * @description Running averages: average ← momentum · average + (1 − momentum) · batch.
             * @default 0.99
             */
            momentum?: number;
            /**
             * @description Multiply by a trained factor for each channel.
             * @default true
             */
            scale?: boolean;
            /**
             * @description batch: of each batch in training, running averages after it; standard training only. frozen: of the training examples at the first weights, then never again.
             * @enum {string}
             */
            statistics: "batch" | "frozen";
            /** @constant */
            type: "batch_norm";
        } | {
            id: string;
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /** @description Share of numbers that are zero at a step; standard training only. */
            rate: number;
            /** @constant */
            type: "dropout";
        } | {
            id: string;
            init?: components["schemas"]["Initialiser"];
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /** @constant */
            type: "embedding";
            /** @description Width of a vector. */
            units: number;
            /** @description Number of ids, which are 0 … vocabulary − 1. */
            vocabulary: number;
        } | {
            id: string;
            init?: components["schemas"]["Initialiser"];
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /** @constant */
            type: "positional_embedding";
        } | {
            /**
             * @description Longest wavelength / 2π.
             * @default 10000
             */
            base?: number;
            id: string;
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /** @constant */
            type: "sinusoidal_encoding";
        } | {
            /**
             * @description A position sees itself and what is before it.
             * @default false
             */
            causal?: boolean;
            /** @description Attentions side by side. */
            heads: number;
            id: string;
            init?: components["schemas"]["Initialiser"];
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /** @description Width of the queries and keys of one head; the query's features / heads by default. */
            key_units?: number;
            /** @description Positions where the network's input holds this id are not looked at. */
            padding_token?: number;
            /** @constant */
            type: "attention";
            /** @description Outputs; the query's features by default. */
            units?: number;
            /** @default true */
            use_bias?: boolean;
            /** @description Width of the values of one head; key_units by default. */
            value_units?: number;
        } | {
            /**
             * @description Applied elementwise (softmax: over the last axis).
             * @enum {string}
             */
            activation?: "linear" | "relu" | "leaky_relu" | "elu" | "selu" | "gelu" | "gelu_tanh" | "silu" | "sigmoid" | "tanh" | "softplus" | "softsign" | "relu6" | "hard_sigmoid" | "hard_swish" | "mish" | "exponential" | "softmax";
            id: string;
            init?: components["schemas"]["Initialiser"];
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /**
             * @description Give the state after every step instead of the last one.
             * @default false
             */
            return_sequences?: boolean;
            /** @constant */
            type: "simple_rnn";
            /** @description Width of the state. */
            units: number;
            /** @default true */
            use_bias?: boolean;
        } | {
            id: string;
            init?: components["schemas"]["Initialiser"];
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /**
             * @description Give the state after every step instead of the last one.
             * @default false
             */
            return_sequences?: boolean;
            /** @constant */
            type: "gru";
            /** @description Width of the state. */
            units: number;
            /** @default true */
            use_bias?: boolean;
        } | {
            id: string;
            init?: components["schemas"]["Initialiser"];
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /**
             * @description Give the state after every step instead of the last one.
             * @default false
             */
            return_sequences?: boolean;
            /** @constant */
            type: "lstm";
            /** @description Width of the state. */
            units: number;
            /** @default true */
            use_bias?: boolean;
        } | {
            /**
             * @description Applied elementwise (softmax: over the last axis).
             * @enum {string}
             */
            activation: "linear" | "relu" | "leaky_relu" | "elu" | "selu" | "gelu" | "gelu_tanh" | "silu" | "sigmoid" | "tanh" | "softplus" | "softsign" | "relu6" | "hard_sigmoid" | "hard_swish" | "mish" | "exponential" | "softmax";
            /** @description Slope of leaky_relu, scale of elu. */
            alpha?: number;
            id: string;
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /** @constant */
            type: "activation";
        } | {
            factor: number;
            id: string;
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /** @constant */
            type: "scale";
        } | {
            id: string;
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /** @constant */
            type: "add";
        } | {
            id: string;
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /** @constant */
            type: "multiply";
        } | {
            /** @default -1 */
            axis?: number;
            id: string;
            /** @description Ids of nodes; "input" is the network's input. */
            inputs: string[];
            /** @constant */
            type: "concatenate";
        };
        Health: {
            /** @description What was looked at, by name. */
            checks: {
                [key: string]: {
                    detail?: string;
                    ok: boolean;
                };
            };
            /**
             * @description ok when every check passed.
             * @enum {string}
             */
            status: "ok" | "unready";
            uptime_seconds: number;
            /** @description Of the service. */
            version: string;
        };
        /**
         * @description How weights begin; biases begin at zero.
         * @enum {string}
         */
        Initialiser: "he_normal" | "he_uniform" | "glorot_normal" | "glorot_uniform" | "lecun_normal" | "lecun_uniform" | "normal" | "orthogonal" | "zeros" | "ones";
        KernelVariant: "full" | "trace" | "pseudo" | "diagonal";
        Layer: {
            /**
             * @description Applied elementwise (softmax: over the last axis).
             * @enum {string}
             */
            activation?: "linear" | "relu" | "leaky_relu" | "elu" | "selu" | "gelu" | "gelu_tanh" | "silu" | "sigmoid" | "tanh" | "softplus" | "softsign" | "relu6" | "hard_sigmoid" | "hard_swish" | "mish" | "exponential" | "softmax";
            init?: components["schemas"]["Initialiser"];
            name?: string;
            /** @constant */
            type: "dense";
            /** @description Outputs; acts on the last axis. */
            units: number;
            /** @default true */
            use_bias?: boolean;
        } | {
            /**
             * @description Applied elementwise (softmax: over the last axis).
             * @enum {string}
             */
            activation?: "linear" | "relu" | "leaky_relu" | "elu" | "selu" | "gelu" | "gelu_tanh" | "silu" | "sigmoid" | "tanh" | "softplus" | "softsign" | "relu6" | "hard_sigmoid" | "hard_swish" | "mish" | "exponential" | "softmax";
            /** @description Dilations: one number, or one for each axis. */
            dilations?: number | number[];
            /** @description Output channels. */
            filters: number;
            /** @description Groups of channels. */
            groups?: number;
            init?: components["schemas"]["Initialiser"];
            /** @description Kernel size: one number, or one for each axis. */
            kernel: number | number[];
            name?: string;
            /** @description valid: none; same: output = ⌈input / stride⌉; or zeros on both sides. */
            padding?: "valid" | "same" | number | number[];
            /** @description Strides: one number, or one for each axis. */
            strides?: number | number[];
            /** @constant */
            type: "conv1d";
            /** @default true */
            use_bias?: boolean;
        } | {
            /**
             * @description Applied elementwise (softmax: over the last axis).
             * @enum {string}
             */
            activation?: "linear" | "relu" | "leaky_relu" | "elu" | "selu" | "gelu" | "gelu_tanh" | "silu" | "sigmoid" | "tanh" | "softplus" | "softsign" | "relu6" | "hard_sigmoid" | "hard_swish" | "mish" | "exponential" | "softmax";
            /** @description Dilations: one number, or one for each axis. */
            dilations?: number | number[];
            /** @description Output channels. */
            filters: number;
            /** @description Groups of channels. */
            groups?: number;
            init?: components["schemas"]["Initialiser"];
            /** @description Kernel size: one number, or one for each axis. */
            kernel: number | number[];
            name?: string;
            /** @description valid: none; same: output = ⌈input / stride⌉; or zeros on both sides. */
            padding?: "valid" | "same" | number | number[];
            /** @description Strides: one number, or one for each axis. */
            strides?: number | number[];
            /** @constant */
            type: "conv2d";
            /** @default true */
            use_bias?: boolean;
        } | {
            /**
             * @description Applied elementwise (softmax: over the last axis).
             * @enum {string}
             */
            activation?: "linear" | "relu" | "leaky_relu" | "elu" | "selu" | "gelu" | "gelu_tanh" | "silu" | "sigmoid" | "tanh" | "softplus" | "softsign" | "relu6" | "hard_sigmoid" | "hard_swish" | "mish" | "exponential" | "softmax";
            /** @description Dilations: one number, or one for each axis. */
            dilations?: number | number[];
            /** @description Output channels. */
            filters: number;
            /** @description Groups of channels. */
            groups?: number;
            init?: components["schemas"]["Initialiser"];
            /** @description Kernel size: one number, or one for each axis. */
            kernel: number | number[];
            name?: string;
            /** @description valid: none; same: output = ⌈input / stride⌉; or zeros on both sides. */
            padding?: "valid" | "same" | number | number[];
            /** @description Strides: one number, or one for each axis. */
            strides?: number | number[];
            /** @constant */
            type: "conv3d";
            /** @default true */
            use_bias?: boolean;
        } | {
            /**
             * @description Applied elementwise (softmax: over the last axis).
             * @enum {string}
             */
            activation?: "linear" | "relu" | "leaky_relu" | "elu" | "selu" | "gelu" | "gelu_tanh" | "silu" | "sigmoid" | "tanh" | "softplus" | "softsign" | "relu6" | "hard_sigmoid" | "hard_swish" | "mish" | "exponential" | "softmax";
            /** @description Dilations: one number, or one for each axis. */
            dilations?: number | number[];
            /** @description Output channels. */
            filters: number;
            init?: components["schemas"]["Initialiser"];
            /** @description Kernel size: one number, or one for each axis. */
            kernel: number | number[];
            name?: string;
            /** @description valid: none; same: output = ⌈input / stride⌉; or zeros on both sides. */
            padding?: "valid" | "same" | number | number[];
            /** @description Strides: one number, or one for each axis. */
            strides?: number | number[];
            /** @constant */
            type: "conv1d_transpose";
            /** @default true */
            use_bias?: boolean;
        } | {
            /**
             * @description Applied elementwise (softmax: over the last axis).
             * @enum {string}
             */
            activation?: "linear" | "relu" | "leaky_relu" | "elu" | "selu" | "gelu" | "gelu_tanh" | "silu" | "sigmoid" | "tanh" | "softplus" | "softsign" | "relu6" | "hard_sigmoid" | "hard_swish" | "mish" | "exponential" | "softmax";
            /** @description Dilations: one number, or one for each axis. */
            dilations?: number | number[];
            /** @description Output channels. */
            filters: number;
            init?: components["schemas"]["Initialiser"];
            /** @description Kernel size: one number, or one for each axis. */
            kernel: number | number[];
            name?: string;
            /** @description valid: none; same: output = ⌈input / stride⌉; or zeros on both sides. */
            padding?: "valid" | "same" | number | number[];
            /** @description Strides: one number, or one for each axis. */
            strides?: number | number[];
            /** @constant */
            type: "conv2d_transpose";
            /** @default true */
            use_bias?: boolean;
        } | {
            /**
             * @description Applied elementwise (softmax: over the last axis).
             * @enum {string}
             */
            activation?: "linear" | "relu" | "leaky_relu" | "elu" | "selu" | "gelu" | "gelu_tanh" | "silu" | "sigmoid" | "tanh" | "softplus" | "softsign" | "relu6" | "hard_sigmoid" | "hard_swish" | "mish" | "exponential" | "softmax";
            /** @description Dilations: one number, or one for each axis. */
            dilations?: number | number[];
            init?: components["schemas"]["Initialiser"];
            /** @description Kernel size: one number, or one for each axis. */
            kernel: number | number[];
            /**
             * @description Outputs of each input channel.
             * @default 1
             */
            multiplier?: number;
            name?: string;
            /** @description valid: none; same: output = ⌈input / stride⌉; or zeros on both sides. */
            padding?: "valid" | "same" | number | number[];
            /** @description Strides: one number, or one for each axis. */
            strides?: number | number[];
            /** @constant */
            type: "depthwise_conv2d";
            /** @default true */
            use_bias?: boolean;
        } | {
            /**
             * @description Applied elementwise (softmax: over the last axis).
             * @enum {string}
             */
            activation?: "linear" | "relu" | "leaky_relu" | "elu" | "selu" | "gelu" | "gelu_tanh" | "silu" | "sigmoid" | "tanh" | "softplus" | "softsign" | "relu6" | "hard_sigmoid" | "hard_swish" | "mish" | "exponential" | "softmax";
            /** @description Dilations: one number, or one for each axis. */
            dilations?: number | number[];
            /** @description Output channels. */
            filters: number;
            init?: components["schemas"]["Initialiser"];
            /** @description Kernel size: one number, or one for each axis. */
            kernel: number | number[];
            /**
             * @description Outputs of each input channel.
             * @default 1
             */
            multiplier?: number;
            name?: string;
            /** @description valid: none; same: output = ⌈input / stride⌉; or zeros on both sides. */
            padding?: "valid" | "same" | number | number[];
            /** @description Strides: one number, or one for each axis. */
            strides?: number | number[];
            /** @constant */
            type: "separable_conv2d";
            /** @default true */
            use_bias?: boolean;
        } | {
            name?: string;
            /** @description valid: none; same: output = ⌈input / stride⌉; or zeros on both sides. */
            padding?: "valid" | "same" | number | number[];
            /** @description Window: one number, or one for each axis. */
            size: number | number[];
            /** @description Strides; the window by default: one number, or one for each axis. */
            strides?: number | number[];
            /** @constant */
            type: "max_pool1d";
        } | {
            name?: string;
            /** @description valid: none; same: output = ⌈input / stride⌉; or zeros on both sides. */
            padding?: "valid" | "same" | number | number[];
            /** @description Window: one number, or one for each axis. */
            size: number | number[];
            /** @description Strides; the window by default: one number, or one for each axis. */
            strides?: number | number[];
            /** @constant */
            type: "max_pool2d";
        } | {
            name?: string;
            /** @description valid: none; same: output = ⌈input / stride⌉; or zeros on both sides. */
            padding?: "valid" | "same" | number | number[];
            /** @description Window: one number, or one for each axis. */
            size: number | number[];
            /** @description Strides; the window by default: one number, or one for each axis. */
            strides?: number | number[];
            /** @constant */
            type: "average_pool1d";
        } | {
            name?: string;
            /** @description valid: none; same: output = ⌈input / stride⌉; or zeros on both sides. */
            padding?: "valid" | "same" | number | number[];
            /** @description Window: one number, or one for each axis. */
            size: number | number[];
            /** @description Strides; the window by default: one number, or one for each axis. */
            strides?: number | number[];
            /** @constant */
            type: "average_pool2d";
        } | {
            name?: string;
            /** @constant */
            type: "global_average_pool";
        } | {
            name?: string;
            /** @constant */
            type: "global_max_pool";
        } | {
            name?: string;
            /** @constant */
            type: "flatten";
        } | {
            name?: string;
            shape: number[];
            /** @constant */
            type: "reshape";
        } | {
            /** @description For each axis of the output, the axis of the input that it is, from 0. */
            axes: number[];
            name?: string;
            /** @constant */
            type: "permute";
        } | {
            /** @description Zeros after each spatial axis: one number, or one for each axis. */
            after?: number | number[];
            /** @description Zeros before each spatial axis: one number, or one for each axis. */
            before?: number | number[];
            name?: string;
            /** @constant */
            type: "zero_padding";
        } | {
            name?: string;
            /** @description How often each cell is repeated: one number, or one for each axis. */
            size: number | number[];
            /** @constant */
            type: "upsample";
        } | {
            /**
             * @description Add a trained offset for each channel.
             * @default true
             */
            centre?: boolean;
            /**
             * @description Added to the variance.
             * @default 0.00001
             */
            epsilon?: number;
            name?: string;
            /**
             * @description Multiply by a trained factor for each channel.
             * @default true
             */
            scale?: boolean;
            /** @constant */
            type: "layer_norm";
        } | {
            /**
             * @description Added to the variance.
             * @default 0.00001
             */
            epsilon?: number;
            name?: string;
            /**
             * @description Multiply by a trained factor for each channel.
             * @default true
             */
            scale?: boolean;
            /** @constant */
            type: "rms_norm";
        } | {
            /**
             * @description Add a trained offset for each channel.
             * @default true
             */
            centre?: boolean;
            /**
             * @description Added to the variance.
             * @default 0.00001
             */
            epsilon?: number;
            /** @description Groups of channels. */
            groups: number;
            name?: string;
            /**
             * @description Multiply by a trained factor for each channel.
             * @default true
             */
            scale?: boolean;
            /** @constant */
            type: "group_norm";
        } | {
            /**
             * @description Add a trained offset for each channel.
             * @default true
             */
            centre?: boolean;
            /**
             * @description Added to the variance.
             * @default 0.00001
             */
            epsilon?: number;
            name?: string;
            /**
             * @description Multiply by a trained factor for each channel.
             * @default true
             */
            scale?: boolean;
            /** @constant */
            type: "instance_norm";
        } | {
            /**
             * @description Add a trained offset for each channel.
             * @default true
             */
            centre?: boolean;
            /**
             * @description Added to the variance.
             * @default 0.00001
             */
            epsilon?: number;
            /**
             * @description Running averages: average ← momentum · average + (1 − momentum) · batch.
             * @default 0.99
             */
            momentum?: number;
            name?: string;
            /**
             * @description Multiply by a trained factor for each channel.
             * @default true
             */
            scale?: boolean;
            /**
             * @description batch: of each batch in training, running averages after it; standard training only. frozen: of the training examples at the first weights, then never again.
             * @enum {string}
             */
            statistics: "batch" | "frozen";
            /** @constant */
            type: "batch_norm";
        } | {
            name?: string;
            /** @description Share of numbers that are zero at a step; standard training only. */
            rate: number;
            /** @constant */
            type: "dropout";
        } | {
            init?: components["schemas"]["Initialiser"];
            name?: string;
            /** @constant */
            type: "embedding";
            /** @description Width of a vector. */
            units: number;
            /** @description Number of ids, which are 0 … vocabulary − 1. */
            vocabulary: number;
        } | {
            init?: components["schemas"]["Initialiser"];
            name?: string;
            /** @constant */
            type: "positional_embedding";
        } | {
            /**
             * @description Longest wavelength / 2π.
             * @default 10000
             */
            base?: number;
            name?: string;
            /** @constant */
            type: "sinusoidal_encoding";
        } | {
            /**
             * @description A position sees itself and what is before it.
             * @default false
             */
            causal?: boolean;
            /** @description Attentions side by side. */
            heads: number;
            init?: components["schemas"]["Initialiser"];
            /** @description Width of the queries and keys of one head; the query's features / heads by default. */
            key_units?: number;
            name?: string;
            /** @description Positions where the network's input holds this id are not looked at. */
            padding_token?: number;
            /** @constant */
            type: "attention";
            /** @description Outputs; the query's features by default. */
            units?: number;
            /** @default true */
            use_bias?: boolean;
            /** @description Width of the values of one head; key_units by default. */
            value_units?: number;
        } | {
            /**
             * @description Applied elementwise (softmax: over the last axis).
             * @enum {string}
             */
            activation?: "linear" | "relu" | "leaky_relu" | "elu" | "selu" | "gelu" | "gelu_tanh" | "silu" | "sigmoid" | "tanh" | "softplus" | "softsign" | "relu6" | "hard_sigmoid" | "hard_swish" | "mish" | "exponential" | "softmax";
            init?: components["schemas"]["Initialiser"];
            name?: string;
            /**
             * @description Give the state after every step instead of the last one.
             * @default false
             */
            return_sequences?: boolean;
            /** @constant */
            type: "simple_rnn";
            /** @description Width of the state. */
            units: number;
            /** @default true */
            use_bias?: boolean;
        } | {
            init?: components["schemas"]["Initialiser"];
            name?: string;
            /**
             * @description Give the state after every step instead of the last one.
             * @default false
             */
            return_sequences?: boolean;
            /** @constant */
            type: "gru";
            /** @description Width of the state. */
            units: number;
            /** @default true */
            use_bias?: boolean;
        } | {
            init?: components["schemas"]["Initialiser"];
            name?: string;
            /**
             * @description Give the state after every step instead of the last one.
             * @default false
             */
            return_sequences?: boolean;
            /** @constant */
            type: "lstm";
            /** @description Width of the state. */
            units: number;
            /** @default true */
            use_bias?: boolean;
        } | {
            /**
             * @description Applied elementwise (softmax: over the last axis).
             * @enum {string}
             */
            activation: "linear" | "relu" | "leaky_relu" | "elu" | "selu" | "gelu" | "gelu_tanh" | "silu" | "sigmoid" | "tanh" | "softplus" | "softsign" | "relu6" | "hard_sigmoid" | "hard_swish" | "mish" | "exponential" | "softmax";
            /** @description Slope of leaky_relu, scale of elu. */
            alpha?: number;
            name?: string;
            /** @constant */
            type: "activation";
        } | {
            factor: number;
            name?: string;
            /** @constant */
            type: "scale";
        };
        /** @description A model of Keras or TF.js. */
        LayersModel: ({
            /** @constant */
            format?: "layers-model";
            modelTopology: {
                [key: string]: unknown;
            };
            weightsManifest?: unknown[];
        } & {
            [key: string]: unknown;
        }) | ({
            class_name: string;
            config: unknown;
            keras_version?: string;
        } & {
            [key: string]: unknown;
        });
        Limits: {
            /** @description JSON bodies that are there at the same time, 64 KiB of each apart. */
            bodies_bytes_max: number;
            /** @description Largest JSON body. */
            body_bytes_max: number;
            /** @description Runs of one comparison. */
            compared_runs_max: number;
            /** @description Connections open at the same time. */
            connections_max: number;
            /** @description Of one address. */
            connections_per_address_max: number;
            /** @description A data set as it lies in memory. */
            dataset_bytes_max: number;
            /** @description Events of one page; a larger `limit` is cut to this. */
            events_page_max: number;
            /** @description For which the answer to an Idempotency-Key is kept. */
            idempotency_ttl_ms: number;
            /** @description Of one kernel that is held in memory: every snapshot's. */
            kernel_bytes_max: number;
            /** @description Of a one-off full kernel of one set, computed into its file. */
            kernel_file_bytes_max: number;
            /** @description Of one trainer, by the estimate made before it starts. */
            memory_bytes_max: number;
            /** @description Rows of one metrics answer in JSON; ask for `points` or a range. */
            metrics_rows_max: number;
            /** @description Examples of one set of a one-off kernel. */
            ntk_examples_max: number;
            /** @description One-off kernels that may wait. */
            ntks_open_max: number;
            /** @description Rows of one page; a larger `limit` is cut to this. */
            page_max: number;
            /** @description Trainable numbers of one model. */
            parameters_max: number;
            /** @description Rows of a kernel whose cumulative power is computed. */
            power_rows_max: number;
            /** @description Runs that may wait. */
            queue_max: number;
            /** @description Of one tenant; null for none. */
            quota: {
                bytes_max: number | null;
                queued_max: number | null;
                running_max: number | null;
                streams_max: number | null;
            };
            /** @description Rows of the system that one after-kernel solves. */
            regression_rows_max: number;
            /** @description In which a whole request must arrive. */
            request_timeout_ms: number;
            /** @description Of one key; four times as many of one address. 0: no limit. */
            requests_per_minute_max: number;
            /** @description Changes to one run, over its life. */
            steering_max: number;
            stream: {
                /** @description Largest frame that a client may send. */
                frame_bytes_max: number;
                /** @description Frames that a client may send, on average. */
                frames_per_second_max: number;
                /** @description Between heartbeats. */
                heartbeat_ms: number;
                /** @description Bytes that wait for a slow reader. */
                queue_bytes_max: number;
                /** @description After which a reader that takes nothing is closed with 4008. */
                stall_ms: number;
                /** @description Subscriptions of one connection. */
                subscriptions_max: number;
                /** @description Largest kernel sent in a binary frame; fetch larger ones. */
                tensor_bytes_max: number;
            };
            /** @description Cells of one sweep. */
            sweep_cells_max: number;
            /** @description Different models that one sweep defines. */
            sweep_models_max: number;
            /** @description Sweeps with cells that are no run yet. */
            sweeps_open_max: number;
            /** @description Runs that train at the same time. */
            trainers_max: number;
            /** @description Largest upload. */
            upload_bytes_max: number;
            /** @description For which a resumable upload is kept until it is used. */
            upload_ttl_ms: number;
        };
        /** @description What is minimised. */
        Loss: "softmax_cross_entropy" | "mean_squared_error" | "sigmoid_cross_entropy";
        /** @description Free labels; Linnet stores and returns them. */
        Metadata: {
            [key: string]: string;
        };
        Metrics: {
            /** @description `step` and the metrics asked for. Rows are real steps, never averages: when there are fewer than asked, each column's least and greatest values in every bucket are among them. */
            columns: {
                [key: string]: (components["schemas"]["Figure"] | null)[];
            };
            /** @description First step that was looked at. */
            from: number;
            /** @description Length of every column. */
            rows: number;
            /** @description Identifier of a run. */
            run: string;
            /** @description Steps from which the rows were taken. */
            steps_seen: number;
            /** @description Last step that was looked at. */
            to: number;
        };
        Model: {
            /** @description Stored for it, weights included. Absent on models of earlier versions. */
            bytes?: number;
            /** @description Why outputs in training follow from other examples too, or from chance: such models have no kernels and train ordinarily only. Absent on models of earlier versions. */
            coupling?: string[];
            /**
             * Format: date-time
             * @description UTC, RFC 3339.
             */
            created_at: string;
            definition: components["schemas"]["Definition"] | null;
            /** @description Digest of the bytes; equal bytes have equal digests. */
            digest: string;
            /** @description Identifier of a model. */
            id: string;
            import?: {
                bytes: number;
                fixed_batch: number | null;
                /** @description Largest distance between the outputs of the network and those of ONNX Runtime on the file, on random inputs, as a share of the largest output. */
                max_difference: number;
                operator_set: number;
                options: {
                    /** @description Tensors or layers that stay as they are in the file. */
                    exclude?: string[];
                    /** @description One number that fills each further input, by name. */
                    fixed?: {
                        [key: string]: number;
                    };
                    /** @description The same, of parameters: for fine-tuning. */
                    freeze?: string[];
                    /** @description Tensors to train although they look like constants; `*` stands for anything. */
                    include?: string[];
                    /** @description The input that carries the data. */
                    input?: string;
                    /**
                     * @description channels_last: examples are [… space, C] and transposed to the file's [C, … space].
                     * @enum {string}
                     */
                    input_layout?: "as_in_file" | "channels_last";
                    /** @description Shape of one example in the file, where it leaves lengths open. */
                    input_shape?: number[];
                    /** @description The output that is trained; else the first. */
                    output?: string;
                };
                producer: string;
            };
            inputs: {
                /**
                 * @description Kind of its numbers.
                 * @enum {string}
                 */
                dtype: "real" | "integer";
                name: string;
                shape: number[];
            }[];
            layers: {
                name: string;
                output_shape: number[];
                parameters: number;
                type: string;
            }[];
            /** @description Free labels; Linnet stores and returns them. */
            metadata: {
                [key: string]: string;
            };
            name: string | null;
            /** @description Primitive operations of the forward pass, counted. */
            operations: {
                [key: string]: number;
            };
            outputs: {
                /**
                 * @description Kind of its numbers.
                 * @enum {string}
                 */
                dtype: "real" | "integer";
                name: string;
                shape: number[];
            }[];
            /** @description Trainable numbers. */
            parameters: number;
            /**
             * @description What it was made from.
             * @enum {string}
             */
            source: "definition" | "keras" | "onnx";
            warnings: string[];
            /** @description Weights that runs begin with. */
            weights?: string;
        };
        ModelPage: {
            data: components["schemas"]["Model"][];
            has_more: boolean;
            next_cursor: string | null;
        };
        /**
         * @example {
         *       "name": "small",
         *       "definition": {
         *         "input": {
         *           "shape": [
         *             20
         *           ]
         *         },
         *         "layers": [
         *           {
         *             "type": "dense",
         *             "units": 64,
         *             "activation": "relu"
         *           },
         *           {
         *             "type": "dense",
         *             "units": 4
         *           }
         *         ]
         *       }
         *     }
         */
        ModelRequest: {
            definition: components["schemas"]["Definition"];
            /** @description Free labels; Linnet stores and returns them. */
            metadata?: {
                [key: string]: string;
            };
            name?: string;
        };
        /**
         * @example {
         *       "upload": "upl_0000000000000000000a",
         *       "name": "classifier"
         *     }
         */
        ModelUpload: {
            /** @description Tensors or layers that stay as they are in the file. */
            exclude?: string[];
            /** @description One number that fills each further input, by name. */
            fixed?: {
                [key: string]: number;
            };
            /** @description The same, of parameters: for fine-tuning. */
            freeze?: string[];
            /** @description Tensors to train although they look like constants; `*` stands for anything. */
            include?: string[];
            /** @description The input that carries the data. */
            input?: string;
            /**
             * @description channels_last: examples are [… space, C] and transposed to the file's [C, … space].
             * @enum {string}
             */
            input_layout?: "as_in_file" | "channels_last";
            /** @description Shape of one example in the file, where it leaves lengths open. */
            input_shape?: number[];
            /** @description Free labels; Linnet stores and returns them. */
            metadata?: {
                [key: string]: string;
            };
            name?: string;
            /** @description The output that is trained; else the first. */
            output?: string;
            /** @description Identifier of a upload. */
            upload: string;
        };
        NewApiKey: {
            /**
             * Format: date-time
             * @description UTC, RFC 3339.
             */
            created_at: string;
            expires_at: string | null;
            /** @description Identifier of a key. */
            id: string;
            /** @description The key itself, `lnt_…`: shown now and never again. */
            key: string;
            /** @description To the minute. */
            last_used_at: string | null;
            name: string;
            scopes: ("runs:read" | "runs:write" | "models:read" | "models:write" | "datasets:read" | "datasets:write" | "stream:read" | "admin")[];
            /** @description Whose resources are seen and made. Others' are not found. */
            tenant: string;
        };
        Ntk: {
            checkpoint: string | null;
            /**
             * Format: date-time
             * @description UTC, RFC 3339.
             */
            created_at: string;
            digest: string | null;
            dtype: "float32" | "float64";
            eigenvalues: number;
            error: components["schemas"]["RunError"] | null;
            figures: {
                alignment: (number | "NaN" | "Infinity" | "-Infinity") | null;
                centred_alignment: (number | "NaN" | "Infinity" | "-Infinity") | null;
                condition_number: (number | "NaN" | "Infinity" | "-Infinity") | null;
                /** @description How each parameter was contracted. */
                contractions: {
                    [key: string]: string;
                };
                effective_rank: (number | "NaN" | "Infinity" | "-Infinity") | null;
                /** @description Largest first. */
                eigenvalues: components["schemas"]["Figure"][];
                frobenius_norm: components["schemas"]["Figure"];
                lambda_min: (number | "NaN" | "Infinity" | "-Infinity") | null;
                /** @description Share of each layer in tr K. */
                layer_share: {
                    [key: string]: components["schemas"]["Figure"];
                };
                outputs: number;
                participation_ratio: (number | "NaN" | "Infinity" | "-Infinity") | null;
                rank: number | null;
                regression?: {
                    /** @description Whether the system was solved. */
                    converged: boolean;
                    /** @description Null directions of a singular kernel, without ridge. */
                    directions_left_out: number;
                    /** @description Of the system, relative. */
                    residual: number | "NaN" | "Infinity" | "-Infinity";
                    test: {
                        accuracy: components["schemas"]["Figure"] | null;
                        loss: components["schemas"]["Figure"];
                    } | null;
                    train: components["schemas"]["Score"];
                };
                seconds: number;
                trace: (number | "NaN" | "Infinity" | "-Infinity") | null;
            } | null;
            finished_at: string | null;
            first: {
                dataset: string | null;
                examples: number;
                indices: number[] | null;
                /**
                 * @description Where the examples come from.
                 * @enum {string}
                 */
                source: "dataset" | "inputs";
                split: ("train" | "test") | null;
            };
            /** @description Identifier of a one-off kernel. */
            id: string;
            kernel: components["schemas"]["KernelVariant"];
            /** @description Free labels; Linnet stores and returns them. */
            metadata: {
                [key: string]: string;
            };
            /**
             * @description Structured derivatives, or a Jacobian row at a time: slow and sure.
             * @enum {string}
             */
            method: "structured" | "explicit";
            /** @description Identifier of a model. */
            model: string;
            name: string | null;
            regression?: {
                /** @default network */
                prior: "network" | "zero";
                /**
                 * @description w of ‖f − y‖²/(2n) + w/2 ‖θ − θ_s‖²; 0 takes the solution of least norm.
                 * @default 0
                 */
                ridge: number;
            } | null;
            run: string | null;
            second: {
                dataset: string | null;
                examples: number;
                indices: number[] | null;
                /**
                 * @description Where the examples come from.
                 * @enum {string}
                 */
                source: "dataset" | "inputs";
                split: ("train" | "test") | null;
            } | null;
            seed: number | null;
            /** @description Of the kernel. */
            shape: number[];
            started_at: string | null;
            /**
             * @description What became of it.
             * @enum {string}
             */
            status: "queued" | "running" | "succeeded" | "failed";
            step: number | null;
        };
        NtkPage: {
            data: components["schemas"]["Ntk"][];
            has_more: boolean;
            next_cursor: string | null;
        };
        /**
         * @description `model`: at its initial weights. `run`: at a checkpoint, the latest unless named. With `second` the kernel between the two sets: full [N₁, O, N₂, O], trace and pseudo [N₁, N₂], diagonal [O, N₁, N₂].
         * @example {
         *       "model": "mdl_0000000000000000000a",
         *       "first": {
         *         "dataset": "dst_0000000000000000000a",
         *         "split": "train",
         *         "examples": 64
         *       },
         *       "kernel": "full"
         *     }
         */
        NtkRequest: {
            /** @description Identifier of a checkpoint. */
            checkpoint?: string;
            /** @default float32 */
            dtype?: "float32" | "float64";
            /** @default 20 */
            eigenvalues?: number;
            first: {
                /** @description Identifier of a data set. */
                dataset?: string;
                /** @description The first so many; 64 unless given. */
                examples?: number;
                /** @description These, in this order, in the place of `examples`. */
                indices?: number[];
                /**
                 * @description Of the data set; test unless given.
                 * @enum {string}
                 */
                split?: "train" | "test";
            } | {
                /** @description Examples as nested lists of numbers, each of the model's input shape. */
                inputs: unknown[];
            };
            /** @default full */
            kernel?: "full" | "trace" | "pseudo" | "diagonal";
            /** @description Free labels; Linnet stores and returns them. */
            metadata?: {
                [key: string]: string;
            };
            /**
             * @description Structured derivatives, or a Jacobian row at a time: slow and sure.
             * @default structured
             * @enum {string}
             */
            method?: "structured" | "explicit";
            /** @description Identifier of a model. */
            model?: string;
            name?: string;
            /** @description Kernel regression by the full kernel: fitted to the labels of `first`, it predicts `second`. */
            regression?: {
                /** @default network */
                prior?: "network" | "zero";
                /**
                 * @description w of ‖f − y‖²/(2n) + w/2 ‖θ − θ_s‖²; 0 takes the solution of least norm.
                 * @default 0
                 */
                ridge?: number;
            };
            /** @description Identifier of a run. */
            run?: string;
            second?: {
                /** @description Identifier of a data set. */
                dataset?: string;
                /** @description The first so many; 64 unless given. */
                examples?: number;
                /** @description These, in this order, in the place of `examples`. */
                indices?: number[];
                /**
                 * @description Of the data set; test unless given.
                 * @enum {string}
                 */
                split?: "train" | "test";
            } | {
                /** @description Examples as nested lists of numbers, each of the model's input shape. */
                inputs: unknown[];
            };
            /**
             * @description Of the initial weights, where a model is named.
             * @default 0
             */
            seed?: number;
        };
        /** @description How weights move. */
        Optimizer: {
            averaging?: ({
                /** @description d. */
                decay: number;
                /**
                 * @description ā ← d·ā + (1 − d)·θ after each step, from θ₀.
                 * @constant
                 */
                type: "ema";
            } | {
                /** @description Steps done. */
                from: number;
                /**
                 * @description The mean of θ over the steps from `from` on; θ itself before.
                 * @constant
                 */
                type: "tail";
            }) | null;
            /** @default 0.9 */
            beta1?: number;
            /** @default 0.999 */
            beta2?: number;
            clip_norm?: number | null;
            /** @default 1e-8 */
            epsilon?: number;
            learning_rate: number;
            /**
             * @description sgd: v ← μv + g.
             * @default 0
             */
            momentum?: number;
            /**
             * @description sgd: step along g + μv instead of v.
             * @default false
             */
            nesterov?: boolean;
            schedule?: components["schemas"]["Schedule"];
            type: "sgd" | "adam" | "adamw";
            /**
             * @description sgd, adam: added to g; adamw: decoupled.
             * @default 0
             */
            weight_decay?: number;
            /**
             * @description What weights decay to: 0, or the anchor's weights (explicit damping).
             * @default zero
             */
            weight_decay_to?: "zero" | "anchor";
        };
        /** @description When to linearise again. */
        Period: number | "never" | {
            /** @description The steps at which to linearise, ascending. 0 is always among them. */
            at: number[];
        } | {
            preset: "uniform" | "quadratic" | "geometric";
            /** @description m, the number of linearisations over the whole run, the first included. */
            updates: number;
        } | {
            /** @description Linearise at every step up to this one, then never again. */
            every_step_until: number;
        } | {
            /**
             * @description Steps between looks at the gap.
             * @default 20
             */
            check_every?: number;
            /** @description Linearise again when ‖f − f_lin‖ / ‖f_lin − f_s‖ on the probe passes this. */
            gap: number;
        };
        Plan: {
            alternatives: {
                flops: number;
                memory_bytes: number;
                seconds?: number;
                solver: string;
            }[];
            device: string;
            engine: string;
            /** @description Contraction FLOPs of the whole run, estimated. */
            flops: number;
            /** @description Estimated peak of the trainer. */
            memory_bytes: number;
            /**
             * @description Of products, measured. Factors keep 10 bits with TensorFloat-32 (tf32) and float16, 7 with bfloat16.
             * @enum {string}
             */
            precision?: "float32" | "float32_tf32" | "float32_float16" | "float32_bfloat16" | "float32_reduced" | "float64";
            primals: ("keep" | "recompute") | null;
            /** @description What computes: the library, its version, its provider. */
            provider?: string;
            reason: string;
            /** @description Of training, estimated. */
            seconds?: number;
            /** @description standard, weight_space, function_space, closed_form, gauss_newton. */
            solver: string;
        };
        PlanAnswer: {
            lambda_max: (number | "NaN" | "Infinity" | "-Infinity") | null;
            /** @description Of the whole run; for an adaptive period, at most. */
            linearisations: number;
            /** @description Trainable numbers of the model. */
            parameters: number;
            plan: components["schemas"]["Plan"];
            rate_times_lambda_max: components["schemas"]["Figure"] | null;
            stable_learning_rate: (number | "NaN" | "Infinity" | "-Infinity") | null;
            warning: string | null;
        };
        Prediction: {
            /** @description Identifier of a checkpoint. */
            checkpoint: string;
            classes: number[] | null;
            /** @description Nested lists, one entry an example. */
            outputs: unknown[];
            shape: number[];
            step: number;
        };
        /**
         * @example {
         *       "inputs": [
         *         [
         *           0.5,
         *           -1.25,
         *           3
         *         ]
         *       ]
         *     }
         */
        PredictRequest: {
            /** @description Identifier of a checkpoint. */
            checkpoint?: string;
            /**
             * @description f(x; θ), or f_lin(x; θ) at the anchor θ_s.
             * @enum {string}
             */
            function?: "network" | "linearised";
            /** @description Examples as nested lists of numbers, each of the model's input shape. */
            inputs: unknown[];
        };
        Problem: {
            code: components["schemas"]["ProblemCode"];
            detail: string;
            errors?: components["schemas"]["FieldError"][];
            request_id: string;
            status: number;
            title: string;
            /** @description URI reference that names the code. */
            type: string;
        };
        /**
         * @description What went wrong; the list is complete.
         * @enum {string}
         */
        ProblemCode: "invalid_request" | "malformed_body" | "request_timeout" | "headers_too_large" | "unauthenticated" | "scope_missing" | "identity_unavailable" | "rate_limited" | "quota_exceeded" | "unknown_host" | "forbidden" | "unsupported_media_type" | "not_acceptable" | "body_too_large" | "not_found" | "method_not_allowed" | "invalid_model" | "invalid_dataset" | "incompatible" | "too_large" | "in_use" | "conflict" | "precondition_failed" | "idempotency_key_malformed" | "idempotency_key_reused" | "idempotency_in_flight" | "upload_conflict" | "upload_expired" | "checksum_mismatch" | "digest_mismatch" | "tus_version" | "cursor_invalid" | "epoch_mismatch" | "cursor_in_future" | "stream_frame_invalid" | "stream_limit" | "slow_consumer" | "queue_full" | "no_checkpoint" | "storage_full" | "storage_unavailable" | "storage_corrupt" | "lease_lost" | "shutting_down" | "diverged" | "out_of_memory" | "trainer_crashed" | "engine_unavailable" | "cancelled" | "internal";
        /**
         * @example {
         *       "overlap_seconds": 3600
         *     }
         */
        RotateRequest: {
            /**
             * @description For which the old key still works beside the new one.
             * @default 86400
             */
            overlap_seconds?: number;
        };
        Run: {
            algorithm: components["schemas"]["Algorithm"];
            /** @description How often a trainer was started. */
            attempt: number;
            /** @default 64 */
            batch_size: number | "full";
            checkpoints: {
                every?: number | null;
                /** @default 3 */
                keep?: number;
            };
            /**
             * Format: date-time
             * @description UTC, RFC 3339.
             */
            created_at: string;
            /** @description Identifier of a data set. */
            dataset: string;
            /**
             * @description auto: an NVIDIA GPU if one works, else cpu. cuda: the GPU with the fewest trainers; cuda:1: a certain one.
             * @enum {string}
             */
            device: "auto" | "cpu" | "webgpu" | "cuda" | "cuda:0" | "cuda:1" | "cuda:2" | "cuda:3" | "cuda:4" | "cuda:5" | "cuda:6" | "cuda:7";
            /** @default float32 */
            dtype: "float32" | "float64";
            engine: "auto" | "onnxruntime" | "tfjs" | "reference";
            /** @description Changes if the event log was rebuilt. */
            epoch: string;
            error: components["schemas"]["RunError"] | null;
            evaluate: {
                /** @description Steps between evaluations; the last step has one too. */
                every: number;
            };
            finished_at: string | null;
            forked_from: {
                /** @description Identifier of a checkpoint. */
                checkpoint: string;
                /** @description Identifier of a run. */
                run: string;
                step: number;
            } | null;
            /** @description Identifier of a run. */
            id: string;
            last_seq: number;
            loss: components["schemas"]["Loss"];
            /** @description Free labels; Linnet stores and returns them. */
            metadata: {
                [key: string]: string;
            };
            /** @description Identifier of a model. */
            model: string;
            name: string | null;
            optimizer: components["schemas"]["Optimizer"];
            pause_reason?: "disk_full" | null;
            plan: components["schemas"]["Plan"] | null;
            /**
             * @description Of runs that wait, higher ones start first.
             * @default normal
             * @enum {string}
             */
            priority: "low" | "normal" | "high";
            progress: {
                eta_seconds: number | null;
                /** @description By the latest evaluation; linearised runs. */
                linearisations?: number;
                percent: number;
                step: number;
                steps: number;
            };
            result: components["schemas"]["Evaluation"] | null;
            /**
             * @description Seeds initial weights and batches; equal seeds give equal batches for all K.
             * @default 0
             */
            seed: number;
            snapshots: components["schemas"]["Snapshots"] | null;
            started_at: string | null;
            status: components["schemas"]["RunStatus"];
            steps: number;
            stop: {
                /** @default true */
                diverged?: boolean;
                loss?: number | null;
                seconds?: number | null;
            };
            /** @description The sweep of which this run is a cell. */
            sweep?: {
                cell: number;
                /** @description Identifier of a sweep. */
                id: string;
            };
            /** @description Grows with every change; the ETag. */
            version: number;
            /**
             * @description What was last asked of a run.
             * @enum {string}
             */
            wanted: "run" | "pause" | "cancel";
        };
        RunError: {
            code: components["schemas"]["ProblemCode"];
            message: string;
            retryable: boolean;
        };
        /** @description One entry of a run's log. */
        RunEvent: {
            data: {
                attempt: number;
                error?: components["schemas"]["RunError"];
                plan?: components["schemas"]["Plan"];
                reason?: string;
                status: components["schemas"]["RunStatus"];
            };
            /** @description Gap-free position in the run's log. */
            seq: number;
            /**
             * Format: date-time
             * @description UTC, RFC 3339.
             */
            time: string;
            /** @constant */
            type: "status";
        } | {
            data: {
                /** @description loss, accuracy, gradient_norm, learning_rate, and for linearised training distance_from_anchor and anchor_step. */
                columns: {
                    [key: string]: components["schemas"]["Figure"][];
                };
                /** @description Values are of the steps from, from + every, …, not of each: a closed form takes no step between. Absent: 1. */
                every?: number;
                from: number;
                to: number;
            };
            /** @description Gap-free position in the run's log. */
            seq: number;
            /**
             * Format: date-time
             * @description UTC, RFC 3339.
             */
            time: string;
            /** @constant */
            type: "metrics";
        } | {
            data: {
                /** @description The network at the averaged weights; with `optimizer.averaging` alone. */
                averaged?: {
                    test: components["schemas"]["Score"];
                    train: components["schemas"]["Score"];
                };
                /** @description So far; linearised training alone. */
                linearisations?: number;
                linearised: {
                    test: components["schemas"]["Score"];
                    train: components["schemas"]["Score"];
                };
                network: {
                    test: components["schemas"]["Score"];
                    train: components["schemas"]["Score"];
                };
                /** @description Steps done when this was seen. */
                step: number;
            };
            /** @description Gap-free position in the run's log. */
            seq: number;
            /**
             * Format: date-time
             * @description UTC, RFC 3339.
             */
            time: string;
            /** @constant */
            type: "evaluation";
        } | {
            data: {
                /** @description ‖θ − θ_s‖, just before. */
                distance_from_anchor: number | "NaN" | "Infinity" | "-Infinity";
                /** @description ‖θ − θ₀‖. */
                distance_from_start: number | "NaN" | "Infinity" | "-Infinity";
                /** @description Linearisations before this one. */
                index: number;
                lambda_max: (number | "NaN" | "Infinity" | "-Infinity") | null;
                linearisation_gap: (number | "NaN" | "Infinity" | "-Infinity") | null;
                loss_after: components["schemas"]["Figure"];
                loss_before: components["schemas"]["Figure"] | null;
                period: number | null;
                rate_times_lambda_max: components["schemas"]["Figure"] | null;
                /** @description ‖θ − θ₀‖ / ‖θ₀‖. */
                relative_distance: number | "NaN" | "Infinity" | "-Infinity";
                stable_learning_rate: (number | "NaN" | "Infinity" | "-Infinity") | null;
                /** @description Steps done when this was seen. */
                step: number;
                warning: string | null;
            };
            /** @description Gap-free position in the run's log. */
            seq: number;
            /**
             * Format: date-time
             * @description UTC, RFC 3339.
             */
            time: string;
            /** @constant */
            type: "anchor";
        } | {
            data: {
                after_kernel?: components["schemas"]["AfterKernel"] | null;
                alignment: (number | "NaN" | "Infinity" | "-Infinity") | null;
                centred_alignment: (number | "NaN" | "Infinity" | "-Infinity") | null;
                /**
                 * @description Of K in every figure whose name does not say centred: there is none.
                 * @enum {string}
                 */
                centring?: "none";
                /** @description λ_max / λ_min; Infinity when singular. */
                condition_number: number | "NaN" | "Infinity" | "-Infinity";
                cumulative_power?: components["schemas"]["CumulativePower"] | null;
                digest: string | null;
                /** @description 1 − cosine to the run's first kernel (Fort et al. 2020). */
                distance_to_first: number | "NaN" | "Infinity" | "-Infinity";
                /** @description 1 − cosine to the snapshot before. */
                distance_to_previous: number | "NaN" | "Infinity" | "-Infinity";
                /** @description exp of the entropy of λ/Σλ (Roy & Vetterli 2007). */
                effective_rank: number | "NaN" | "Infinity" | "-Infinity";
                /** @description Largest first. */
                eigenvalues: components["schemas"]["Figure"][];
                /** @description N: the first of the split. */
                examples: number;
                /** @description Identifier of a snapshot. */
                id: string;
                kernel: components["schemas"]["KernelVariant"];
                /** @description Largest eigenvalue of the full kernel over the number of examples. */
                lambda_max: number | "NaN" | "Infinity" | "-Infinity";
                /** @description Smallest eigenvalue. */
                lambda_min: number | "NaN" | "Infinity" | "-Infinity";
                layer_alignment?: {
                    [key: string]: {
                        /** @description ⟨K_l, YYᵀ⟩ / (‖K_l‖‖YYᵀ‖). */
                        alignment: number | "NaN" | "Infinity" | "-Infinity";
                        /** @description Both centred. */
                        centred_alignment: number | "NaN" | "Infinity" | "-Infinity";
                    };
                } | null;
                /** @description Share of each layer in tr K. */
                layer_share: {
                    [key: string]: components["schemas"]["Figure"];
                };
                linearisation_gap?: (number | "NaN" | "Infinity" | "-Infinity") | null;
                log_norm_ratio?: (number | "NaN" | "Infinity" | "-Infinity") | null;
                /**
                 * @description What K is divided by: outputs O for trace and pseudo, nothing for full and diagonal; never examples, but for lambda_max.
                 * @enum {string}
                 */
                normalisation?: "none" | "outputs";
                outputs: number;
                /** @description (Σλ)² / Σλ². */
                participation_ratio: number | "NaN" | "Infinity" | "-Infinity";
                /** @description Eigenvalues above n·ε·λ_max. */
                rank: number;
                /** @description ‖K − K₀‖ / ‖K₀‖ (Frobenius). */
                relative_change: number | "NaN" | "Infinity" | "-Infinity";
                relative_distance?: (number | "NaN" | "Infinity" | "-Infinity") | null;
                seconds: number;
                /**
                 * @description Of which the probe is.
                 * @enum {string}
                 */
                split: "train" | "test";
                stable_learning_rate: (number | "NaN" | "Infinity" | "-Infinity") | null;
                step: number;
                /** @description tr K. */
                trace: number | "NaN" | "Infinity" | "-Infinity";
                train?: {
                    alignment: (number | "NaN" | "Infinity" | "-Infinity") | null;
                    centred_alignment: (number | "NaN" | "Infinity" | "-Infinity") | null;
                    /** @description λ_max / λ_min; Infinity when singular. */
                    condition_number: number | "NaN" | "Infinity" | "-Infinity";
                    cumulative_power?: components["schemas"]["CumulativePower"] | null;
                    /** @description 1 − cosine to the run's first kernel (Fort et al. 2020). */
                    distance_to_first: number | "NaN" | "Infinity" | "-Infinity";
                    /** @description 1 − cosine to the snapshot before. */
                    distance_to_previous: number | "NaN" | "Infinity" | "-Infinity";
                    /** @description exp of the entropy of λ/Σλ (Roy & Vetterli 2007). */
                    effective_rank: number | "NaN" | "Infinity" | "-Infinity";
                    /** @description Largest first. */
                    eigenvalues: components["schemas"]["Figure"][];
                    /** @description N: the first of the split. */
                    examples: number;
                    /** @description Largest eigenvalue of the full kernel over the number of examples. */
                    lambda_max: number | "NaN" | "Infinity" | "-Infinity";
                    /** @description Smallest eigenvalue. */
                    lambda_min: number | "NaN" | "Infinity" | "-Infinity";
                    layer_alignment?: {
                        [key: string]: {
                            /** @description ⟨K_l, YYᵀ⟩ / (‖K_l‖‖YYᵀ‖). */
                            alignment: number | "NaN" | "Infinity" | "-Infinity";
                            /** @description Both centred. */
                            centred_alignment: number | "NaN" | "Infinity" | "-Infinity";
                        };
                    } | null;
                    /** @description Share of each layer in tr K. */
                    layer_share: {
                        [key: string]: components["schemas"]["Figure"];
                    };
                    log_norm_ratio?: (number | "NaN" | "Infinity" | "-Infinity") | null;
                    /** @description (Σλ)² / Σλ². */
                    participation_ratio: number | "NaN" | "Infinity" | "-Infinity";
                    /** @description Eigenvalues above n·ε·λ_max. */
                    rank: number;
                    /** @description ‖K − K₀‖ / ‖K₀‖ (Frobenius). */
                    relative_change: number | "NaN" | "Infinity" | "-Infinity";
                    /**
                     * @description Of which the probe is.
                     * @enum {string}
                     */
                    split: "train" | "test";
                    stable_learning_rate: (number | "NaN" | "Infinity" | "-Infinity") | null;
                    /** @description tr K. */
                    trace: number | "NaN" | "Infinity" | "-Infinity";
                    velocity?: (number | "NaN" | "Infinity" | "-Infinity") | null;
                    velocity_per_rate?: (number | "NaN" | "Infinity" | "-Infinity") | null;
                } | null;
                velocity?: (number | "NaN" | "Infinity" | "-Infinity") | null;
                velocity_per_rate?: (number | "NaN" | "Infinity" | "-Infinity") | null;
            };
            /** @description Gap-free position in the run's log. */
            seq: number;
            /**
             * Format: date-time
             * @description UTC, RFC 3339.
             */
            time: string;
            /** @constant */
            type: "snapshot";
        } | {
            data: {
                bytes: number;
                /** @description Of the manifest. */
                digest: string;
                final: boolean;
                /** @description Identifier of a checkpoint. */
                id: string;
                /** @description Steps done when this was seen. */
                step: number;
                /** @description Of the safetensors file. */
                weights: string;
            };
            /** @description Gap-free position in the run's log. */
            seq: number;
            /**
             * Format: date-time
             * @description UTC, RFC 3339.
             */
            time: string;
            /** @constant */
            type: "checkpoint";
        } | {
            data: {
                /**
                 * @example {
                 *       "learning_rate": 0.05,
                 *       "period": 128
                 *     }
                 */
                changes: {
                    evaluate_every?: number;
                    learning_rate?: number;
                    /** @description Free labels; Linnet stores and returns them. */
                    metadata?: {
                        [key: string]: string;
                    };
                    name?: string;
                    period?: components["schemas"]["Period"];
                    /**
                     * @description Linearise again, now.
                     * @constant
                     */
                    relinearise?: true;
                    snapshots_every?: number | null;
                };
                request: number;
                /** @description Steps done when this was seen. */
                step: number;
            };
            /** @description Gap-free position in the run's log. */
            seq: number;
            /**
             * Format: date-time
             * @description UTC, RFC 3339.
             */
            time: string;
            /** @constant */
            type: "steered";
        } | {
            data: {
                level: "info" | "warn" | "error";
                message: string;
                /** @description Steps done when this was seen. */
                step: number;
            };
            /** @description Gap-free position in the run's log. */
            seq: number;
            /**
             * Format: date-time
             * @description UTC, RFC 3339.
             */
            time: string;
            /** @constant */
            type: "log";
        };
        RunPage: {
            data: components["schemas"]["Run"][];
            has_more: boolean;
            next_cursor: string | null;
        };
        /**
         * @example {
         *       "model": "mdl_0000000000000000000a",
         *       "dataset": "dst_0000000000000000000a",
         *       "algorithm": {
         *         "type": "linearised",
         *         "period": 64
         *       },
         *       "optimizer": {
         *         "type": "sgd",
         *         "learning_rate": 0.1
         *       },
         *       "batch_size": 128,
         *       "steps": 1000,
         *       "evaluate": {
         *         "every": 100
         *       },
         *       "snapshots": {
         *         "every": 200,
         *         "examples": 64,
         *         "kernel": "trace"
         *       }
         *     }
         */
        RunRequest: {
            algorithm?: components["schemas"]["Algorithm"];
            /** @default 64 */
            batch_size?: number | "full";
            checkpoints?: {
                every?: number | null;
                /** @default 3 */
                keep?: number;
            };
            /** @description Identifier of a data set. */
            dataset: string;
            /**
             * @description auto: an NVIDIA GPU if one works, else cpu. cuda: the GPU with the fewest trainers; cuda:1: a certain one.
             * @enum {string}
             */
            device?: "auto" | "cpu" | "webgpu" | "cuda" | "cuda:0" | "cuda:1" | "cuda:2" | "cuda:3" | "cuda:4" | "cuda:5" | "cuda:6" | "cuda:7";
            /** @default float32 */
            dtype?: "float32" | "float64";
            engine?: "auto" | "onnxruntime" | "tfjs" | "reference";
            evaluate?: {
                /** @description Steps between evaluations; the last step has one too. */
                every: number;
            };
            loss?: components["schemas"]["Loss"];
            /** @description Free labels; Linnet stores and returns them. */
            metadata?: {
                [key: string]: string;
            };
            /** @description Identifier of a model. */
            model: string;
            name?: string;
            optimizer: components["schemas"]["Optimizer"];
            /**
             * @description Of runs that wait, higher ones start first.
             * @default normal
             * @enum {string}
             */
            priority?: "low" | "normal" | "high";
            /**
             * @description Seeds initial weights and batches; equal seeds give equal batches for all K.
             * @default 0
             */
            seed?: number;
            snapshots?: components["schemas"]["Snapshots"] | null;
            steps: number;
            stop?: {
                /** @default true */
                diverged?: boolean;
                loss?: number | null;
                seconds?: number | null;
            };
        };
        /**
         * @description What a run is.
         * @enum {string}
         */
        RunStatus: "queued" | "starting" | "running" | "pausing" | "paused" | "cancelling" | "cancelled" | "succeeded" | "failed";
        /** @description Factor on the learning rate at each step of the run. */
        Schedule: {
            /** @constant */
            type: "constant";
        } | {
            /**
             * @description Last factor.
             * @default 0
             */
            final?: number;
            /** @constant */
            type: "cosine";
        } | {
            /** @description Steps between drops. */
            every: number;
            /** @default 0.1 */
            factor: number;
            /** @constant */
            type: "step";
        } | {
            /**
             * @description Last factor.
             * @default 0
             */
            final?: number;
            /** @constant */
            type: "warmup_cosine";
            /** @description Steps of linear warm-up from 0. */
            warmup: number;
        };
        Score: {
            accuracy: components["schemas"]["Figure"] | null;
            loss: components["schemas"]["Figure"];
        };
        Snapshot: {
            after_kernel?: components["schemas"]["AfterKernel"] | null;
            alignment: (number | "NaN" | "Infinity" | "-Infinity") | null;
            centred_alignment: (number | "NaN" | "Infinity" | "-Infinity") | null;
            /**
             * @description Of K in every figure whose name does not say centred: there is none.
             * @enum {string}
             */
            centring?: "none";
            /** @description λ_max / λ_min; Infinity when singular. */
            condition_number: number | "NaN" | "Infinity" | "-Infinity";
            /**
             * Format: date-time
             * @description UTC, RFC 3339.
             */
            created_at: string;
            cumulative_power?: components["schemas"]["CumulativePower"] | null;
            digest: string | null;
            /** @description 1 − cosine to the run's first kernel (Fort et al. 2020). */
            distance_to_first: number | "NaN" | "Infinity" | "-Infinity";
            /** @description 1 − cosine to the snapshot before. */
            distance_to_previous: number | "NaN" | "Infinity" | "-Infinity";
            /** @description exp of the entropy of λ/Σλ (Roy & Vetterli 2007). */
            effective_rank: number | "NaN" | "Infinity" | "-Infinity";
            /** @description Largest first. */
            eigenvalues: components["schemas"]["Figure"][];
            /** @description N: the first of the split. */
            examples: number;
            /** @description Identifier of a snapshot. */
            id: string;
            kernel: components["schemas"]["KernelVariant"];
            /** @description Largest eigenvalue of the full kernel over the number of examples. */
            lambda_max: number | "NaN" | "Infinity" | "-Infinity";
            /** @description Smallest eigenvalue. */
            lambda_min: number | "NaN" | "Infinity" | "-Infinity";
            layer_alignment?: {
                [key: string]: {
                    /** @description ⟨K_l, YYᵀ⟩ / (‖K_l‖‖YYᵀ‖). */
                    alignment: number | "NaN" | "Infinity" | "-Infinity";
                    /** @description Both centred. */
                    centred_alignment: number | "NaN" | "Infinity" | "-Infinity";
                };
            } | null;
            /** @description Share of each layer in tr K. */
            layer_share: {
                [key: string]: components["schemas"]["Figure"];
            };
            linearisation_gap?: (number | "NaN" | "Infinity" | "-Infinity") | null;
            log_norm_ratio?: (number | "NaN" | "Infinity" | "-Infinity") | null;
            /**
             * @description What K is divided by: outputs O for trace and pseudo, nothing for full and diagonal; never examples, but for lambda_max.
             * @enum {string}
             */
            normalisation?: "none" | "outputs";
            outputs: number;
            /** @description (Σλ)² / Σλ². */
            participation_ratio: number | "NaN" | "Infinity" | "-Infinity";
            /** @description Eigenvalues above n·ε·λ_max. */
            rank: number;
            /** @description ‖K − K₀‖ / ‖K₀‖ (Frobenius). */
            relative_change: number | "NaN" | "Infinity" | "-Infinity";
            relative_distance?: (number | "NaN" | "Infinity" | "-Infinity") | null;
            seconds: number;
            /** @description Of the stored kernel. */
            shape: number[];
            /**
             * @description Of which the probe is.
             * @enum {string}
             */
            split: "train" | "test";
            stable_learning_rate: (number | "NaN" | "Infinity" | "-Infinity") | null;
            step: number;
            /** @description tr K. */
            trace: number | "NaN" | "Infinity" | "-Infinity";
            train?: {
                alignment: (number | "NaN" | "Infinity" | "-Infinity") | null;
                centred_alignment: (number | "NaN" | "Infinity" | "-Infinity") | null;
                /** @description λ_max / λ_min; Infinity when singular. */
                condition_number: number | "NaN" | "Infinity" | "-Infinity";
                cumulative_power?: components["schemas"]["CumulativePower"] | null;
                /** @description 1 − cosine to the run's first kernel (Fort et al. 2020). */
                distance_to_first: number | "NaN" | "Infinity" | "-Infinity";
                /** @description 1 − cosine to the snapshot before. */
                distance_to_previous: number | "NaN" | "Infinity" | "-Infinity";
                /** @description exp of the entropy of λ/Σλ (Roy & Vetterli 2007). */
                effective_rank: number | "NaN" | "Infinity" | "-Infinity";
                /** @description Largest first. */
                eigenvalues: components["schemas"]["Figure"][];
                /** @description N: the first of the split. */
                examples: number;
                /** @description Largest eigenvalue of the full kernel over the number of examples. */
                lambda_max: number | "NaN" | "Infinity" | "-Infinity";
                /** @description Smallest eigenvalue. */
                lambda_min: number | "NaN" | "Infinity" | "-Infinity";
                layer_alignment?: {
                    [key: string]: {
                        /** @description ⟨K_l, YYᵀ⟩ / (‖K_l‖‖YYᵀ‖). */
                        alignment: number | "NaN" | "Infinity" | "-Infinity";
                        /** @description Both centred. */
                        centred_alignment: number | "NaN" | "Infinity" | "-Infinity";
                    };
                } | null;
                /** @description Share of each layer in tr K. */
                layer_share: {
                    [key: string]: components["schemas"]["Figure"];
                };
                log_norm_ratio?: (number | "NaN" | "Infinity" | "-Infinity") | null;
                /** @description (Σλ)² / Σλ². */
                participation_ratio: number | "NaN" | "Infinity" | "-Infinity";
                /** @description Eigenvalues above n·ε·λ_max. */
                rank: number;
                /** @description ‖K − K₀‖ / ‖K₀‖ (Frobenius). */
                relative_change: number | "NaN" | "Infinity" | "-Infinity";
                /**
                 * @description Of which the probe is.
                 * @enum {string}
                 */
                split: "train" | "test";
                stable_learning_rate: (number | "NaN" | "Infinity" | "-Infinity") | null;
                /** @description tr K. */
                trace: number | "NaN" | "Infinity" | "-Infinity";
                velocity?: (number | "NaN" | "Infinity" | "-Infinity") | null;
                velocity_per_rate?: (number | "NaN" | "Infinity" | "-Infinity") | null;
            } | null;
            velocity?: (number | "NaN" | "Infinity" | "-Infinity") | null;
            velocity_per_rate?: (number | "NaN" | "Infinity" | "-Infinity") | null;
        };
        SnapshotPage: {
            data: components["schemas"]["Snapshot"][];
            has_more: boolean;
            next_cursor: string | null;
        };
        /** @description Neural tangent kernels on a fixed probe. */
        Snapshots: {
            /** @description Sizes of the regression, where `figures` names after_kernel. */
            after_kernel?: {
                /**
                 * @description Of each split: to fit, the first of train; to score, the first of test.
                 * @default 128
                 */
                examples?: number;
                /**
                 * @description Added to the diagonal, in units of its mean: tr K / n.
                 * @default 0.001
                 */
                ridge?: number;
            };
            /**
             * @description Also at every reported linearisation.
             * @default false
             */
            at_anchor?: boolean;
            /** @default 20 */
            eigenvalues?: number;
            every?: number | null;
            /**
             * @description Probe size N.
             * @default 64
             */
            examples?: number;
            /**
             * @description layer_alignment: a kernel for each layer and its alignment. cumulative_power: the targets' power in the leading eigenvectors. after_kernel: ridge regression with the kernel, against the first kernel.
             * @default []
             */
            figures?: ("layer_alignment" | "cumulative_power" | "after_kernel")[];
            /**
             * @description Keep the kernel itself as an artifact.
             * @default true
             */
            keep?: boolean;
            kernel?: components["schemas"]["KernelVariant"];
            /**
             * @description Whose first N examples are the probe.
             * @default test
             */
            split?: "train" | "test" | "both";
        };
        /**
         * @example {
         *       "learning_rate": 0.05,
         *       "period": 128
         *     }
         */
        Steering: {
            evaluate_every?: number;
            learning_rate?: number;
            metadata?: components["schemas"]["Metadata"];
            name?: string;
            period?: components["schemas"]["Period"];
            /**
             * @description Linearise again, now.
             * @constant
             */
            relinearise?: true;
            snapshots_every?: number | null;
        };
        StreamTicket: {
            /**
             * Format: date-time
             * @description UTC, RFC 3339.
             */
            expires_at: string;
            /** @description For `?ticket=` of one stream, once. */
            ticket: string;
        };
        Sweep: {
            /** @description A run request without what varies. `model` may also be a definition in JSON, so that its fields can vary; each different one becomes a model once. */
            base: Record<string, never>;
            /** @description Cells by the status of their runs. */
            counts: {
                cancelled: number;
                cancelling: number;
                failed: number;
                paused: number;
                pausing: number;
                queued: number;
                running: number;
                starting: number;
                succeeded: number;
                /** @description Cells that are no run yet. */
                waiting: number;
            };
            /**
             * Format: date-time
             * @description UTC, RFC 3339.
             */
            created_at: string;
            error: components["schemas"]["RunError"] | null;
            /** @description Identifier of a sweep. */
            id: string;
            /** @description Free labels; Linnet stores and returns them. */
            metadata: {
                [key: string]: string;
            };
            name: string | null;
            parallel: number | null;
            seeds: (number | number[]) | null;
            /**
             * @description completed: every cell has ended, in whatever way.
             * @enum {string}
             */
            status: "running" | "pausing" | "paused" | "cancelling" | "cancelled" | "completed" | "failed";
            /** @description Cells. */
            total: number;
            vary: {
                [key: string]: unknown[];
            } | null;
            version: number;
            /**
             * @description What was last asked of a run.
             * @enum {string}
             */
            wanted: "run" | "pause" | "cancel";
        };
        SweepPage: {
            data: components["schemas"]["Sweep"][];
            has_more: boolean;
            next_cursor: string | null;
        };
        /**
         * @example {
         *       "name": "K × rate",
         *       "base": {
         *         "model": {
         *           "input": {
         *             "shape": [
         *               20
         *             ]
         *           },
         *           "layers": [
         *             {
         *               "type": "dense",
         *               "units": 64,
         *               "activation": "relu"
         *             },
         *             {
         *               "type": "dense",
         *               "units": 4
         *             }
         *           ]
         *         },
         *         "dataset": "dst_0000000000000000000a",
         *         "algorithm": {
         *           "type": "linearised",
         *           "period": 1
         *         },
         *         "optimizer": {
         *           "type": "sgd",
         *           "learning_rate": 0.1
         *         },
         *         "steps": 4000
         *       },
         *       "vary": {
         *         "/algorithm/period": [
         *           1,
         *           64,
         *           "never"
         *         ],
         *         "/optimizer/learning_rate": [
         *           0.05,
         *           0.1
         *         ],
         *         "/model/layers/0/units": [
         *           32,
         *           64
         *         ]
         *       },
         *       "seeds": 3,
         *       "parallel": 4
         *     }
         */
        SweepRequest: {
            /** @description A run request without what varies. `model` may also be a definition in JSON, so that its fields can vary; each different one becomes a model once. */
            base: Record<string, never>;
            /** @description A list in the place of a grid; with `vary`, every pair of the two. */
            cells?: {
                [key: string]: unknown;
            }[];
            /** @description Free labels; Linnet stores and returns them. */
            metadata?: {
                [key: string]: string;
            };
            name?: string;
            /** @description Runs of this sweep that wait or train at the same time. */
            parallel?: number;
            seeds?: number | number[];
            /** @description JSON pointer into `base` → its values; every combination is a cell. */
            vary?: {
                [key: string]: unknown[];
            };
        };
        SweepResults: {
            /** @description A run request without what varies. `model` may also be a definition in JSON, so that its fields can vary; each different one becomes a model once. */
            base: Record<string, never>;
            /** @description Cells by the status of their runs. */
            counts: {
                cancelled: number;
                cancelling: number;
                failed: number;
                paused: number;
                pausing: number;
                queued: number;
                running: number;
                starting: number;
                succeeded: number;
                /** @description Cells that are no run yet. */
                waiting: number;
            };
            /**
             * Format: date-time
             * @description UTC, RFC 3339.
             */
            created_at: string;
            error: components["schemas"]["RunError"] | null;
            groups: {
                cells: number;
                diverged: number;
                /** @description Over the group's cells that succeeded. */
                figures: {
                    kernel_distance: {
                        deviation: number | null;
                        high: number | null;
                        low: number | null;
                        mean: number | null;
                        /** @description Finite values. */
                        n: number;
                    };
                    linearisations: {
                        deviation: number | null;
                        high: number | null;
                        low: number | null;
                        mean: number | null;
                        /** @description Finite values. */
                        n: number;
                    };
                    linearised_test_accuracy: {
                        deviation: number | null;
                        high: number | null;
                        low: number | null;
                        mean: number | null;
                        /** @description Finite values. */
                        n: number;
                    };
                    linearised_test_loss: {
                        deviation: number | null;
                        high: number | null;
                        low: number | null;
                        mean: number | null;
                        /** @description Finite values. */
                        n: number;
                    };
                    linearised_train_accuracy: {
                        deviation: number | null;
                        high: number | null;
                        low: number | null;
                        mean: number | null;
                        /** @description Finite values. */
                        n: number;
                    };
                    linearised_train_loss: {
                        deviation: number | null;
                        high: number | null;
                        low: number | null;
                        mean: number | null;
                        /** @description Finite values. */
                        n: number;
                    };
                    network_test_accuracy: {
                        deviation: number | null;
                        high: number | null;
                        low: number | null;
                        mean: number | null;
                        /** @description Finite values. */
                        n: number;
                    };
                    network_test_loss: {
                        deviation: number | null;
                        high: number | null;
                        low: number | null;
                        mean: number | null;
                        /** @description Finite values. */
                        n: number;
                    };
                    network_train_accuracy: {
                        deviation: number | null;
                        high: number | null;
                        low: number | null;
                        mean: number | null;
                        /** @description Finite values. */
                        n: number;
                    };
                    network_train_loss: {
                        deviation: number | null;
                        high: number | null;
                        low: number | null;
                        mean: number | null;
                        /** @description Finite values. */
                        n: number;
                    };
                    seconds: {
                        deviation: number | null;
                        high: number | null;
                        low: number | null;
                        mean: number | null;
                        /** @description Finite values. */
                        n: number;
                    };
                };
                succeeded: number;
                /** @description JSON pointer into the run request → its value. */
                values: {
                    [key: string]: unknown;
                };
            }[];
            /** @description Identifier of a sweep. */
            id: string;
            /** @description Free labels; Linnet stores and returns them. */
            metadata: {
                [key: string]: string;
            };
            name: string | null;
            parallel: number | null;
            /** @description One a cell. */
            rows: {
                cell: number;
                error: string | null;
                /** @description Latest scores of both functions; linearisations so far (standard training: one a step); distance of the last snapshot's kernel to the first; seconds of training. */
                figures: {
                    kernel_distance: components["schemas"]["Figure"] | null;
                    linearisations: components["schemas"]["Figure"] | null;
                    linearised_test_accuracy: components["schemas"]["Figure"] | null;
                    linearised_test_loss: components["schemas"]["Figure"] | null;
                    linearised_train_accuracy: components["schemas"]["Figure"] | null;
                    linearised_train_loss: components["schemas"]["Figure"] | null;
                    network_test_accuracy: components["schemas"]["Figure"] | null;
                    network_test_loss: components["schemas"]["Figure"] | null;
                    network_train_accuracy: components["schemas"]["Figure"] | null;
                    network_train_loss: components["schemas"]["Figure"] | null;
                    seconds: components["schemas"]["Figure"] | null;
                };
                run: string | null;
                /**
                 * @description Of the run; waiting: there is none yet.
                 * @enum {string}
                 */
                status: "waiting" | "queued" | "starting" | "running" | "pausing" | "paused" | "cancelling" | "cancelled" | "succeeded" | "failed";
                step: number;
                /** @description JSON pointer into the run request → its value. */
                values: {
                    [key: string]: unknown;
                };
            }[];
            seeds: (number | number[]) | null;
            /**
             * @description completed: every cell has ended, in whatever way.
             * @enum {string}
             */
            status: "running" | "pausing" | "paused" | "cancelling" | "cancelled" | "completed" | "failed";
            summary: {
                delta: number;
                /** @description For equal other settings: the fewest linearisations within δ of K = 1. */
                fewest_linearisations: {
                    fewest: {
                        linearisations: number | null;
                        period: components["schemas"]["Period"];
                        score: number;
                    };
                    reference: {
                        linearisations: number | null;
                        period: components["schemas"]["Period"];
                        score: number;
                    };
                    /**
                     * @description Accuracy at most δ below that of K = 1; without one, loss at most δ above (relative).
                     * @enum {string}
                     */
                    score: "linearised_test_accuracy" | "linearised_test_loss";
                    /** @description JSON pointer into the run request → its value. */
                    values: {
                        [key: string]: unknown;
                    };
                }[];
                /** @description For each period: the largest learning rate at which no seed diverged, and the smallest at which one did. */
                stability_frontier: {
                    largest_stable_rate: number | null;
                    period: components["schemas"]["Period"];
                    smallest_diverged_rate: number | null;
                    /** @description JSON pointer into the run request → its value. */
                    values: {
                        [key: string]: unknown;
                    };
                }[];
            };
            /** @description Cells. */
            total: number;
            vary: {
                [key: string]: unknown[];
            } | null;
            version: number;
            /**
             * @description What was last asked of a run.
             * @enum {string}
             */
            wanted: "run" | "pause" | "cancel";
        };
        Workers: {
            data: {
                cpu: {
                    cores: number;
                    /** @description Model name. */
                    cpu: string;
                    memory_bytes: number;
                };
                gpus: {
                    driver: string | null;
                    /** @description n of cuda:n. */
                    index?: number;
                    memory_bytes?: number;
                    name: string;
                }[];
                /** @description Name of its machine. */
                host: string;
                id: string;
                /** @description That its trainers may use together. */
                memory_bytes: number;
                /** @description worker, or both when it answers requests too. */
                role: string;
                seen_seconds_ago: number;
                /** @description Runs that it trained when it was seen. */
                trainers: number;
                /** @description Runs that it trains at the same time. */
                trainers_max: number;
                /** @description Of Linnet. */
                version: string;
            }[];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    livez: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It does. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readyz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It can. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It cannot; `checks` says why. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    listApiKeys: {
        parameters: {
            query?: {
                /** @description Cursor of the page before. */
                after?: string;
                /** @description At most 200; more is cut to 200. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of keys. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKeyPage"];
                };
            };
            /** @description invalid_request: The request does not fit the contract; `errors` points at each field. cursor_invalid: The cursor was not given out by this listing. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createApiKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ApiKeyRequest"];
            };
        };
        responses: {
            /** @description The key, with its secret: it is shown this once. */
            201: {
                headers: {
                    /** @description Path of what was made. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewApiKey"];
                };
            };
            /** @description invalid_request: The request does not fit the contract; `errors` points at each field. malformed_body: The body is not what its content type says (broken JSON, truncated archive). */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unsupported_media_type: The content type is not accepted here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getApiKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Identifier of a key. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The key. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKey"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_found: No such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteApiKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Identifier of a key. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_found: No such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rotateApiKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Identifier of a key. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RotateRequest"];
            };
        };
        responses: {
            /** @description The key, with its secret: it is shown this once. */
            201: {
                headers: {
                    /** @description Path of what was made. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewApiKey"];
                };
            };
            /** @description invalid_request: The request does not fit the contract; `errors` points at each field. malformed_body: The body is not what its content type says (broken JSON, truncated archive). */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_found: No such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description conflict: The resource is in a state in which this cannot be done. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unsupported_media_type: The content type is not accepted here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    compareRuns: {
        parameters: {
            query: {
                /** @description Whether kernels and weights are compared; that takes a moment. */
                distances?: boolean;
                /** @description Columns of the metrics, separated by commas. */
                names?: string[];
                /** @description Most steps. */
                points?: number;
                /** @description Separated by commas. Distances are to the first. */
                runs: string[];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The comparison. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Comparison"];
                };
            };
            /** @description invalid_request: The request does not fit the contract; `errors` points at each field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_found: No such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description queue_full: The queue of runs is full; try again later. rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description storage_corrupt: Stored bytes do not match their digest. trainer_crashed: The trainer ended unexpectedly, more often than the restart limit. internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description out_of_memory: The trainer ran out of memory. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listDatasets: {
        parameters: {
            query?: {
                /** @description Cursor of the page before. */
                after?: string;
                /** @description At most 200; more is cut to 200. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of data sets. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DatasetPage"];
                };
            };
            /** @description invalid_request: The request does not fit the contract; `errors` points at each field. cursor_invalid: The cursor was not given out by this listing. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createDataset: {
        parameters: {
            query?: {
                /** @description Of an upload; the content type says it otherwise. */
                format?: "npz" | "safetensors" | "csv";
                /** @description csv: column of the label, by name or by index (negative from the end). */
                label?: string;
                name?: string;
                /** @description Of that division. */
                seed?: number;
                /** @description csv: what the labels are; guessed when absent. */
                task?: "classification" | "regression";
                /** @description Share of the examples that become test data, if the file has no test data. */
                test_fraction?: number;
            };
            header?: {
                /** @description 1 to 255 printable characters. A repeated request with the same key and payload gets the first answer again, with `Idempotency-Replayed: true`, and does nothing. */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DatasetRequest"] | components["schemas"]["DatasetUpload"];
                "application/octet-stream": unknown;
                "application/vnd.safetensors": unknown;
                "application/x-npz": unknown;
                "application/zip": unknown;
                "text/csv": unknown;
            };
        };
        responses: {
            /** @description The data set. */
            201: {
                headers: {
                    /** @description Path of what was made. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Dataset"];
                };
            };
            /** @description invalid_request: The request does not fit the contract; `errors` points at each field. malformed_body: The body is not what its content type says (broken JSON, truncated archive). idempotency_key_malformed: Idempotency-Key must be 1 to 255 printable ASCII characters. digest_mismatch: The content does not have the digest that the request names. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description quota_exceeded: A quota of your tenant is used up; delete something, or wait for runs to end. scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description idempotency_in_flight: The first request with this Idempotency-Key is still being answered. upload_conflict: The upload is at another offset, complete already, or not complete yet. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description upload_expired: The upload was not completed or used in time, and is gone. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description body_too_large: The body is larger than the limit published at /v1/limits. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unsupported_media_type: The content type is not accepted here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description invalid_dataset: The data set cannot be used; `errors` says where and why. too_large: The work needs more memory than this service may use. idempotency_key_reused: The same Idempotency-Key came with another payload. incompatible: Model, data set and settings do not fit together. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description storage_full: The data folder has no room left. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDataset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Identifier of a data set. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The data set. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Dataset"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_found: No such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteDataset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Identifier of a data set. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_found: No such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description in_use: The resource is used by something that is still active. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDevices: {
        parameters: {
            query?: {
                /** @description Try again; else an answer of the last minutes. */
                refresh?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was found. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Devices"];
                };
            };
            /** @description invalid_request: The request does not fit the contract; `errors` points at each field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getLimits: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The limits. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Limits"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listModels: {
        parameters: {
            query?: {
                /** @description Cursor of the page before. */
                after?: string;
                /** @description At most 200; more is cut to 200. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of models. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelPage"];
                };
            };
            /** @description invalid_request: The request does not fit the contract; `errors` points at each field. cursor_invalid: The cursor was not given out by this listing. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createModel: {
        parameters: {
            query?: {
                /** @description Keras: remove makes linearised training possible. */
                dropout?: "keep" | "remove";
                /** @description Tensors or layers that stay as they are in the file. */
                exclude?: string[];
                /** @description Keras: remove where the loss is softmax_cross_entropy, which has one of its own. */
                final_softmax?: "keep" | "remove";
                /** @description ONNX: one number that fills each further input, as `name:number`. */
                fixed?: string[];
                /** @description The same, of parameters: for fine-tuning. */
                freeze?: string[];
                /** @description Tensors to train although they look like constants; `*` stands for anything. */
                include?: string[];
                /** @description The input that carries the data. */
                input?: string;
                /** @description channels_last: examples are [… space, C] and transposed to the file's [C, … space]. */
                input_layout?: "as_in_file" | "channels_last";
                /** @description Shape of one example in the file, where it leaves lengths open. */
                input_shape?: number[];
                name?: string;
                /** @description The output that is trained; else the first. */
                output?: string;
                /** @description Keras: of batch normalisation; frozen unless told. */
                statistics?: "frozen" | "batch";
            };
            header?: {
                /** @description 1 to 255 printable characters. A repeated request with the same key and payload gets the first answer again, with `Idempotency-Replayed: true`, and does nothing. */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ModelRequest"] | components["schemas"]["LayersModel"] | components["schemas"]["ModelUpload"];
                "application/octet-stream": unknown;
                "application/onnx": unknown;
                "application/x-onnx": unknown;
                "multipart/form-data": unknown;
            };
        };
        responses: {
            /** @description The model. */
            201: {
                headers: {
                    /** @description Path of what was made. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Model"];
                };
            };
            /** @description invalid_request: The request does not fit the contract; `errors` points at each field. malformed_body: The body is not what its content type says (broken JSON, truncated archive). idempotency_key_malformed: Idempotency-Key must be 1 to 255 printable ASCII characters. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description quota_exceeded: A quota of your tenant is used up; delete something, or wait for runs to end. scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description idempotency_in_flight: The first request with this Idempotency-Key is still being answered. upload_conflict: The upload is at another offset, complete already, or not complete yet. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description upload_expired: The upload was not completed or used in time, and is gone. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description body_too_large: The body is larger than the limit published at /v1/limits. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unsupported_media_type: The content type is not accepted here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description invalid_model: The model definition has no meaning; `errors` says where and why. too_large: The work needs more memory than this service may use. idempotency_key_reused: The same Idempotency-Key came with another payload. incompatible: Model, data set and settings do not fit together. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description queue_full: The queue of runs is full; try again later. rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description storage_full: The data folder has no room left. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getModel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Identifier of a model. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The model. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Model"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_found: No such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteModel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Identifier of a model. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_found: No such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description in_use: The resource is used by something that is still active. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getModelOnnx: {
        parameters: {
            query?: {
                /** @description ONNX: original (usual) keeps the file that the model came from and changes its weights only; clean writes a new graph. A model without a file has a clean one only. */
                graph?: "original" | "clean";
                /** @description Of weights that are drawn. */
                seed?: number;
            };
            header?: {
                /** @description An ETag: 304 while it is current. */
                "if-none-match"?: string;
            };
            path: {
                /** @description Identifier of a model. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file. */
            200: {
                headers: {
                    /** @description For If-None-Match, and on runs for If-Match. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/onnx": unknown;
                    "application/x-tar": unknown;
                };
            };
            /** @description The range asked for. */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/onnx": unknown;
                    "application/x-tar": unknown;
                };
            };
            /** @description You have it. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description invalid_request: The request does not fit the contract; `errors` points at each field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_found: No such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description incompatible: Model, data set and settings do not fit together. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description queue_full: The queue of runs is full; try again later. rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listNtks: {
        parameters: {
            query?: {
                /** @description Cursor of the page before. */
                after?: string;
                /** @description At most 200; more is cut to 200. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of kernels. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NtkPage"];
                };
            };
            /** @description invalid_request: The request does not fit the contract; `errors` points at each field. cursor_invalid: The cursor was not given out by this listing. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createNtk: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable characters. A repeated request with the same key and payload gets the first answer again, with `Idempotency-Replayed: true`, and does nothing. */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NtkRequest"];
            };
        };
        responses: {
            /** @description It is queued. */
            202: {
                headers: {
                    /** @description Path of what was made. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ntk"];
                };
            };
            /** @description invalid_request: The request does not fit the contract; `errors` points at each field. malformed_body: The body is not what its content type says (broken JSON, truncated archive). idempotency_key_malformed: Idempotency-Key must be 1 to 255 printable ASCII characters. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description no_checkpoint: There is no checkpoint to work from yet. idempotency_in_flight: The first request with this Idempotency-Key is still being answered. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description body_too_large: The body is larger than the limit published at /v1/limits. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unsupported_media_type: The content type is not accepted here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description incompatible: Model, data set and settings do not fit together. too_large: The work needs more memory than this service may use. idempotency_key_reused: The same Idempotency-Key came with another payload. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description queue_full: The queue of runs is full; try again later. rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description storage_full: The data folder has no room left. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getNtk: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Identifier of a one-off kernel. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ntk"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_found: No such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteNtk: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Identifier of a one-off kernel. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_found: No such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getNtkKernel: {
        parameters: {
            query?: never;
            header?: {
                /** @description An ETag: 304 while it is current. */
                "if-none-match"?: string;
            };
            path: {
                /** @description Identifier of a one-off kernel. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The kernel. */
            200: {
                headers: {
                    /** @description For If-None-Match, and on runs for If-Match. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.safetensors": unknown;
                    "application/x-npy": unknown;
                    "image/png": unknown;
                };
            };
            /** @description The range asked for. */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.safetensors": unknown;
                };
            };
            /** @description You have it. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_found: No such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_acceptable: None of the accepted content types can be produced. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description conflict: The resource is in a state in which this cannot be done. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description storage_corrupt: Stored bytes do not match their digest. internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    planRun: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RunRequest"];
            };
        };
        responses: {
            /** @description The plan. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanAnswer"];
                };
            };
            /** @description invalid_request: The request does not fit the contract; `errors` points at each field. malformed_body: The body is not what its content type says (broken JSON, truncated archive). */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description body_too_large: The body is larger than the limit published at /v1/limits. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unsupported_media_type: The content type is not accepted here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description incompatible: Model, data set and settings do not fit together. too_large: The work needs more memory than this service may use. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description queue_full: The queue of runs is full; try again later. rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description trainer_crashed: The trainer ended unexpectedly, more often than the restart limit. internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description engine_unavailable: The engine or device asked for cannot be used on this machine. shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description out_of_memory: The trainer ran out of memory. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listRuns: {
        parameters: {
            query?: {
                /** @description Cursor of the page before. */
                after?: string;
                /** @description Identifier of a data set. */
                dataset?: string;
                /** @description At most 200; more is cut to 200. */
                limit?: number;
                /** @description Identifier of a model. */
                model?: string;
                /** @description Any of these. */
                status?: components["schemas"]["RunStatus"][];
                /** @description Identifier of a sweep. */
                sweep?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of runs. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunPage"];
                };
            };
            /** @description invalid_request: The request does not fit the contract; `errors` points at each field. cursor_invalid: The cursor was not given out by this listing. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createRun: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable characters. A repeated request with the same key and payload gets the first answer again, with `Idempotency-Replayed: true`, and does nothing. */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RunRequest"];
            };
        };
        responses: {
            /** @description The run, queued. */
            202: {
                headers: {
                    /** @description For If-None-Match, and on runs for If-Match. */
                    ETag?: string;
                    /** @description Path of what was made. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Run"];
                };
            };
            /** @description invalid_request: The request does not fit the contract; `errors` points at each field. malformed_body: The body is not what its content type says (broken JSON, truncated archive). idempotency_key_malformed: Idempotency-Key must be 1 to 255 printable ASCII characters. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description idempotency_in_flight: The first request with this Idempotency-Key is still being answered. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description body_too_large: The body is larger than the limit published at /v1/limits. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unsupported_media_type: The content type is not accepted here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description incompatible: Model, data set and settings do not fit together. too_large: The work needs more memory than this service may use. idempotency_key_reused: The same Idempotency-Key came with another payload. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description queue_full: The queue of runs is full; try again later. rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description engine_unavailable: The engine or device asked for cannot be used on this machine. shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description storage_full: The data folder has no room left. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getRun: {
        parameters: {
            query?: never;
            header?: {
                /** @description An ETag: 304 while it is current. */
                "if-none-match"?: string;
            };
            path: {
                /** @description Identifier of a run. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The run. */
            200: {
                headers: {
                    /** @description For If-None-Match, and on runs for If-Match. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Run"];
                };
            };
            /** @description It is as it was. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_found: No such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Identifier of a run. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_found: No such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description in_use: The resource is used by something that is still active. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    steerRun: {
        parameters: {
            query?: never;
            header?: {
                /** @description An ETag or `"<version>"`: 412 unless the run still has it. */
                "if-match"?: string;
            };
            path: {
                /** @description Identifier of a run. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Steering"];
            };
        };
        responses: {
            /** @description The run. */
            202: {
                headers: {
                    /** @description For If-None-Match, and on runs for If-Match. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Run"];
                };
            };
            /** @description invalid_request: The request does not fit the contract; `errors` points at each field. malformed_body: The body is not what its content type says (broken JSON, truncated archive). */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_found: No such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description conflict: The resource is in a state in which this cannot be done. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description precondition_failed: If-Match names another version than the present one. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unsupported_media_type: The content type is not accepted here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description incompatible: Model, data set and settings do not fit together. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Identifier of a run. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The run. */
            202: {
                headers: {
                    /** @description For If-None-Match, and on runs for If-Match. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Run"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_found: No such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description conflict: The resource is in a state in which this cannot be done. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listCheckpoints: {
        parameters: {
            query?: {
                /** @description Cursor of the page before. */
                after?: string;
                /** @description At most 200; more is cut to 200. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description Identifier of a run. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of checkpoints. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckpointPage"];
                };
            };
            /** @description invalid_request: The request does not fit the contract; `errors` points at each field. cursor_invalid: The cursor was not given out by this listing. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_found: No such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getCheckpoint: {
        parameters: {
            query?: {
                /** @description Stands above Accept. */
                format?: "json" | "safetensors" | "onnx";
                /** @description ONNX: the network (usual), or its linearisation around the anchor, which holds both. */
                function?: "network" | "linearised";
                /** @description ONNX: original (usual) keeps the file that the model came from and changes its weights only; clean writes a new graph. A model without a file has a clean one only. */
                graph?: "original" | "clean";
            };
            header?: {
                /** @description An ETag: 304 while it is current. */
                "if-none-match"?: string;
            };
            path: {
                /** @description Identifier of a checkpoint. */
                cid: string;
                /** @description Identifier of a run. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The checkpoint, or its weights. */
            200: {
                headers: {
                    /** @description For If-None-Match, and on runs for If-Match. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Checkpoint"];
                    "application/onnx": unknown;
                    "application/vnd.safetensors": unknown;
                    "application/x-tar": unknown;
                };
            };
            /** @description The range asked for. */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/onnx": unknown;
                    "application/vnd.safetensors": unknown;
                    "application/x-tar": unknown;
                };
            };
            /** @description You have it. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description invalid_request: The request does not fit the contract; `errors` points at each field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_found: No such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_acceptable: None of the accepted content types can be produced. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description conflict: The resource is in a state in which this cannot be done. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description incompatible: Model, data set and settings do not fit together. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description queue_full: The queue of runs is full; try again later. rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listEvents: {
        parameters: {
            query?: {
                /** @description The last seq that you have; 0 is the start. */
                after?: number;
                /** @description Of the cursor, if known. */
                epoch?: string;
                /** @description All when absent. */
                kinds?: ("status" | "metrics" | "evaluation" | "anchor" | "snapshot" | "checkpoint" | "steered" | "log")[];
                /** @description At most 1000; more is cut to 1000. */
                limit?: number;
                /** @description SSE: of metrics events. */
                max_rate_hz?: number;
            };
            header?: {
                /** @description SSE: seq, or epoch:seq. */
                "last-event-id"?: string;
            };
            path: {
                /** @description Identifier of a run. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of events, or their stream. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventPage"];
                    "text/event-stream": {
                        /** @description JSON in one line. */
                        data: string;
                        /**
                         * @description Its name; `message` stands for none.
                         * @enum {string}
                         */
                        event?: "message" | "hello" | "gap" | "caught_up" | "complete";
                        /** @description Of what moves the cursor: its seq. */
                        id?: string;
                        /** @description Milliseconds to wait before coming back. */
                        retry?: number;
                    };
                };
            };
            /** @description SSE: there is nothing more to come. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description invalid_request: The request does not fit the contract; `errors` points at each field. cursor_invalid: The cursor was not given out by this listing. cursor_in_future: The cursor is past the end of the log. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_found: No such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_acceptable: None of the accepted content types can be produced. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description epoch_mismatch: The cursor belongs to another epoch of the log; start from 0. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    forkRun: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable characters. A repeated request with the same key and payload gets the first answer again, with `Idempotency-Replayed: true`, and does nothing. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description Identifier of a run. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ForkRequest"];
            };
        };
        responses: {
            /** @description The new run, queued. */
            202: {
                headers: {
                    /** @description For If-None-Match, and on runs for If-Match. */
                    ETag?: string;
                    /** @description Path of what was made. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Run"];
                };
            };
            /** @description invalid_request: The request does not fit the contract; `errors` points at each field. malformed_body: The body is not what its content type says (broken JSON, truncated archive). idempotency_key_malformed: Idempotency-Key must be 1 to 255 printable ASCII characters. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_found: No such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description no_checkpoint: There is no checkpoint to work from yet. idempotency_in_flight: The first request with this Idempotency-Key is still being answered. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unsupported_media_type: The content type is not accepted here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description incompatible: Model, data set and settings do not fit together. idempotency_key_reused: The same Idempotency-Key came with another payload. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description queue_full: The queue of runs is full; try again later. rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getMetrics: {
        parameters: {
            query?: {
                /** @description First step. */
                from?: number;
                /** @description Columns, separated by commas; all when absent. */
                names?: string[];
                /** @description Most rows; fewer steps are chosen so that the extremes stay. */
                points?: number;
                /** @description Last step. */
                to?: number;
            };
            header?: never;
            path: {
                /** @description Identifier of a run. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The columns; as csv one row a step. As an Arrow stream `step` is an int32 and every other column a nullable float64, NaN and infinities among them; with `points` thinned out as JSON is. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Metrics"];
                    "application/vnd.apache.arrow.stream": unknown;
                    "text/csv": string;
                };
            };
            /** @description invalid_request: The request does not fit the contract; `errors` points at each field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_found: No such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_acceptable: None of the accepted content types can be produced. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pauseRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Identifier of a run. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The run. */
            202: {
                headers: {
                    /** @description For If-None-Match, and on runs for If-Match. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Run"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_found: No such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description conflict: The resource is in a state in which this cannot be done. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    predict: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Identifier of a run. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PredictRequest"];
            };
        };
        responses: {
            /** @description The outputs. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Prediction"];
                };
            };
            /** @description invalid_request: The request does not fit the contract; `errors` points at each field. malformed_body: The body is not what its content type says (broken JSON, truncated archive). */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_found: No such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description no_checkpoint: There is no checkpoint to work from yet. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description body_too_large: The body is larger than the limit published at /v1/limits. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unsupported_media_type: The content type is not accepted here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description incompatible: Model, data set and settings do not fit together. too_large: The work needs more memory than this service may use. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description trainer_crashed: The trainer ended unexpectedly, more often than the restart limit. internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description out_of_memory: The trainer ran out of memory. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resumeRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Identifier of a run. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The run. */
            202: {
                headers: {
                    /** @description For If-None-Match, and on runs for If-Match. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Run"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_found: No such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description conflict: The resource is in a state in which this cannot be done. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listSnapshots: {
        parameters: {
            query?: {
                /** @description Cursor of the page before. */
                after?: string;
                /** @description At most 200; more is cut to 200. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description Identifier of a run. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of snapshots. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SnapshotPage"];
                };
            };
            /** @description invalid_request: The request does not fit the contract; `errors` points at each field. cursor_invalid: The cursor was not given out by this listing. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_found: No such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSnapshot: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Identifier of a run. */
                id: string;
                /** @description Identifier of a snapshot. */
                sid: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The figures. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Snapshot"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_found: No such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getKernel: {
        parameters: {
            query?: never;
            header?: {
                /** @description An ETag: 304 while it is current. */
                "if-none-match"?: string;
            };
            path: {
                /** @description Identifier of a run. */
                id: string;
                /** @description Identifier of a snapshot. */
                sid: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The kernel. */
            200: {
                headers: {
                    /** @description For If-None-Match, and on runs for If-Match. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.safetensors": unknown;
                    "application/x-npy": unknown;
                    "image/png": unknown;
                };
            };
            /** @description The range asked for. */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.safetensors": unknown;
                };
            };
            /** @description You have it. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_found: No such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_acceptable: None of the accepted content types can be produced. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description storage_corrupt: Stored bytes do not match their digest. internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createStreamTicket: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The ticket. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StreamTicket"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listSweeps: {
        parameters: {
            query?: {
                /** @description Cursor of the page before. */
                after?: string;
                /** @description At most 200; more is cut to 200. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of sweeps. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SweepPage"];
                };
            };
            /** @description invalid_request: The request does not fit the contract; `errors` points at each field. cursor_invalid: The cursor was not given out by this listing. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createSweep: {
        parameters: {
            query?: never;
            header?: {
                /** @description 1 to 255 printable characters. A repeated request with the same key and payload gets the first answer again, with `Idempotency-Replayed: true`, and does nothing. */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SweepRequest"];
            };
        };
        responses: {
            /** @description The sweep. */
            202: {
                headers: {
                    /** @description Path of what was made. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Sweep"];
                };
            };
            /** @description invalid_request: The request does not fit the contract; `errors` points at each field. malformed_body: The body is not what its content type says (broken JSON, truncated archive). idempotency_key_malformed: Idempotency-Key must be 1 to 255 printable ASCII characters. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description idempotency_in_flight: The first request with this Idempotency-Key is still being answered. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description body_too_large: The body is larger than the limit published at /v1/limits. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unsupported_media_type: The content type is not accepted here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description invalid_model: The model definition has no meaning; `errors` says where and why. incompatible: Model, data set and settings do not fit together. too_large: The work needs more memory than this service may use. idempotency_key_reused: The same Idempotency-Key came with another payload. */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description queue_full: The queue of runs is full; try again later. rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description engine_unavailable: The engine or device asked for cannot be used on this machine. shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description storage_full: The data folder has no room left. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSweep: {
        parameters: {
            query?: {
                /** @description δ of the summary. */
                delta?: number;
                /** @description Of csv and Arrow. */
                table?: "cells" | "groups";
            };
            header?: never;
            path: {
                /** @description Identifier of a sweep. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The sweep as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SweepResults"];
                    "application/vnd.apache.arrow.stream": unknown;
                    "text/csv": string;
                };
            };
            /** @description invalid_request: The request does not fit the contract; `errors` points at each field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_found: No such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_acceptable: None of the accepted content types can be produced. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteSweep: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Identifier of a sweep. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_found: No such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description in_use: The resource is used by something that is still active. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelSweep: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Identifier of a sweep. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The sweep. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Sweep"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_found: No such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description conflict: The resource is in a state in which this cannot be done. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    followSweep: {
        parameters: {
            query?: {
                /** @description False: runs that are there already are told from where they are now. */
                history?: boolean;
                /** @description All when absent. */
                kinds?: ("status" | "metrics" | "evaluation" | "anchor" | "snapshot" | "checkpoint" | "steered" | "log")[];
                /** @description Of metrics events. */
                max_rate_hz?: number;
            };
            header?: {
                /** @description The id of the last event that came. */
                "last-event-id"?: string;
            };
            path: {
                /** @description Identifier of a sweep. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The stream. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": {
                        /** @description JSON in one line. */
                        data: string;
                        /**
                         * @description Its name; `message` stands for none.
                         * @enum {string}
                         */
                        event?: "sweep" | "hello" | "event" | "gap" | "caught_up" | "complete";
                        /** @description How far every run of the sweep was told. */
                        id?: string;
                        /** @description Milliseconds to wait before coming back. */
                        retry?: number;
                    };
                };
            };
            /** @description There is nothing more to come. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description invalid_request: The request does not fit the contract; `errors` points at each field. cursor_invalid: The cursor was not given out by this listing. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_found: No such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_acceptable: None of the accepted content types can be produced. */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pauseSweep: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Identifier of a sweep. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The sweep. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Sweep"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_found: No such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description conflict: The resource is in a state in which this cannot be done. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resumeSweep: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Identifier of a sweep. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The sweep. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Sweep"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_found: No such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description conflict: The resource is in a state in which this cannot be done. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createUpload: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version: 1.0.0. */
                "tus-resumable"?: string;
                /** @description Bytes it is going to have. */
                "upload-length"?: string;
                /** @description Is not looked at. */
                "upload-metadata"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is empty. */
            201: {
                headers: {
                    /** @description Path of what was made. */
                    Location?: string;
                    /** @description The version. */
                    "Tus-Resumable"?: string;
                    /** @description When it is forgotten unless it was used. */
                    "Upload-Expires"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description invalid_request: The request does not fit the contract; `errors` points at each field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description quota_exceeded: A quota of your tenant is used up; delete something, or wait for runs to end. scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description tus_version: The version of tus is not spoken here; Tus-Version lists those that are. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description body_too_large: The body is larger than the limit published at /v1/limits. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description storage_full: The data folder has no room left. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getUploadOptions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description In its header fields. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteUpload: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version: 1.0.0. */
                "tus-resumable"?: string;
            };
            path: {
                /** @description Identifier of a upload. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_found: No such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description tus_version: The version of tus is not spoken here; Tus-Version lists those that are. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    continueUpload: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version: 1.0.0. */
                "tus-resumable"?: string;
                /** @description Such as `sha256 <base64>`. */
                "upload-checksum"?: string;
                /** @description Where this piece begins. */
                "upload-offset"?: string;
            };
            path: {
                /** @description Identifier of a upload. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/offset+octet-stream": unknown;
            };
        };
        responses: {
            /** @description It came. */
            204: {
                headers: {
                    /** @description Bytes that have come. */
                    "Upload-Offset"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description invalid_request: The request does not fit the contract; `errors` points at each field. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description not_found: No such resource. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description upload_conflict: The upload is at another offset, complete already, or not complete yet. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description upload_expired: The upload was not completed or used in time, and is gone. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description tus_version: The version of tus is not spoken here; Tus-Version lists those that are. */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description body_too_large: The body is larger than the limit published at /v1/limits. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unsupported_media_type: The content type is not accepted here. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description checksum_mismatch: The bytes that came do not have the checksum that came with them. */
            460: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description storage_full: The data folder has no room left. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listWorkers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The workers, by id. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Workers"];
                };
            };
            /** @description unauthenticated: No key or token came, or one that is unknown, expired or not for here. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description scope_missing: The key or token does not have the scope that this needs. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description unknown_host: The request names a host that this service does not answer for. */
            421: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description rate_limited: Too many requests in a short time; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description headers_too_large: The request's headers are larger than the service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description internal: A bug in Linnet. The request id finds it in the log. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description shutting_down: The service is draining; try again on another instance. identity_unavailable: The issuer of tokens cannot be reached; try again later. storage_unavailable: The database or the storage of artifacts is away; try again later. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
