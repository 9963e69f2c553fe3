using System.Collections.Concurrent;
using System.IO.Compression;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Tocsin.Tests.Sending;

/// <summary>A server on loopback that takes OTLP and answers as a test tells it to; by itself, that all is well.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Func<HttpContext, Task>> _script = new();
    private readonly List<Request> _requests = [];
    private TaskCompletionSource _came = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private OtlpReceiver(WebApplication app) => _app = app;

    public Uri Url => new(_app.Urls.Single());

    public Request[] Requests
    {
        get
        {
            lock (_requests)
            {
                return [.. _requests];
            }
        }
    }

    /// <summary>Log records that were answered well, with the logger's name.</summary>
    public (string Scope, OtlpMessage Record)[] Logs => Entries("/v1/logs");

    public (string Scope, OtlpMessage Record)[] Metrics => Entries("/v1/metrics");

    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new OtlpReceiver(builder.Build());
        server._app.Run(server.TakeAsync);
        await server._app.StartAsync();
        return server;
    }

    public OtlpReceiver Then(params Func<HttpContext, Task>[] steps)
    {
        foreach (var step in steps)
        {
            _script.Enqueue(step);
        }

        return this;
    }

    public OtlpReceiver Then(params int[] statuses) => Then([.. statuses.Select(status => Status(status))]);

    public static Func<HttpContext, Task> Status(int status, string? retryAfter = null) => context =>
    {
        context.Response.StatusCode = status;
        context.Response.Headers.RetryAfter = retryAfter;
        return Task.CompletedTask;
    };

    public static Func<HttpContext, Task> Body(int status, string type, byte[] body) => async context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        await context.Response.Body.WriteAsync(body);
    };

    public static Task Reset(HttpContext context)
    {
        context.Abort();
        return Task.CompletedTask;
    }

    public async Task<Request[]> WaitForAsync(int count)
    {
        while (true)
        {
            Task came;
            lock (_requests)
            {
                if (_requests.Count >= count)
                {
                    return [.. _requests];
                }

                came = _came.Task;
            }

            await came.WaitAsync(Patience.Limit);
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private (string, OtlpMessage)[] Entries(string path) =>
    [
        .. Requests.Where(request => request.Path == path && request.IsTaken)
            .SelectMany(request => request.Message.All(1)).SelectMany(resource => resource.All(2))
            .SelectMany(scope => scope.All(2).Select(entry => (scope[1].Text(1), entry))),
    ];

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var packed = context.Request.Headers.ContentEncoding == "gzip";
        var bytes = body.ToArray();
        if (packed)
        {
            using var plain = new MemoryStream();
            await using var gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
            await gzip.CopyToAsync(plain);
            bytes = plain.ToArray();
        }

        var isScripted = _script.TryDequeue(out var step);
        lock (_requests)
        {
            _requests.Add(new(
                context.Request.Path, context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase), body.ToArray(), new(bytes), !isScripted));
            _came.TrySetResult();
            _came = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        await (step ?? Body(200, "application/x-protobuf", []))(context);
    }

    internal sealed record Request(string Path, Dictionary<string, string> Headers, byte[] Raw, OtlpMessage Message, bool IsTaken);
}
