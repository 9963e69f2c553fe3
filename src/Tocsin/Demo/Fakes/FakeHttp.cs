using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Tocsin.Demo.Fakes;

/// <param name="ContentType">Of the body.</param>
/// <param name="Location">Where a redirect leads; null: none.</param>
internal sealed record FakeAnswer(int Status, string Body, string ContentType = "text/plain; charset=utf-8", string? Location = null);

/// <summary>
/// A real HTTP server on 127.0.0.1 that stands for somebody else's. It does its work, or fails as it was told: from code by
/// <see cref="FailNext"/>, from outside by <c>POST /_fail?with=503&amp;times=2&amp;retry_after=3</c>.
/// </summary>
internal abstract class FakeHttp(TimeProvider clock) : IAsyncDisposable
{
    /// <summary>How much each fake remembers, so that one can run for weeks.</summary>
    protected const int Remembered = 500;

    private readonly ConcurrentQueue<FakeFault> _faults = new();
    private readonly SemaphoreSlim _arrivals = new(0);
    private readonly CancellationTokenSource _closing = new();
    private WebApplication? _app;

    /// <summary>The base address, with a slash at the end.</summary>
    public Uri Url { get; private set; } = new("http://127.0.0.1/");

    /// <summary>The same as the operator lists it in Outgoing:Allow.</summary>
    public string HostAndPort => $"{Url.Host}:{Url.Port}";

    protected TimeProvider Clock { get; } = clock;

    /// <summary>The next deliveries meet this fault, one each, after those that were told before.</summary>
    public void FailNext(FakeFault fault, int times = 1)
    {
        for (var i = 0; i < times; i++)
        {
            _faults.Enqueue(fault);
        }
    }

    /// <summary>Ends when a delivery came that no earlier call was told of: it has been read whole, and remembered if it will be, but not answered.</summary>
    public Task ArrivalAsync(CancellationToken ct) => _arrivals.WaitAsync(ct);

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }

        _closing.Dispose();
        _arrivals.Dispose();
    }

    /// <param name="port">0: any that is free.</param>
    protected async Task ListenAsync(int port, CancellationToken ct)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(1));
        _app = builder.Build();
        _app.UseWebSockets();
        _app.Run(HandleAsync);
        await _app.StartAsync(ct);
        Url = new(_app.Urls.Single() + "/");
    }

    /// <summary>Checks a delivery as the real server would, remembers it if it is good, and says what the real one says.</summary>
    protected abstract FakeAnswer Take(HttpRequest request, byte[] body);

    /// <summary>The same for what is not answered at once.</summary>
    protected virtual Task<FakeAnswer> TakeAsync(HttpRequest request, byte[] body, CancellationToken closing) => Task.FromResult(Take(request, body));

    /// <summary>Whether a GET of this path is work, which meets faults and is taken like a delivery, and not somebody who looks.</summary>
    protected virtual bool IsWork(PathString path) => false;

    /// <summary>A command from outside to what stands behind the fake, such as a key that is pressed on a telephone; null: it is none.</summary>
    protected virtual Task<FakeAnswer?> UseAsync(HttpRequest request) => Task.FromResult<FakeAnswer?>(null);

    /// <summary>What this request meets instead of being served; null: nothing.</summary>
    protected virtual FakeFault? NextFault(PathString path) => _faults.TryDequeue(out var fault) ? fault : null;

    /// <summary>What somebody sees who looks at the fake with a browser or curl; null: nothing is there.</summary>
    protected abstract FakeAnswer? Show(PathString path);

    /// <summary>Talks over a WebSocket until it ends.</summary>
    /// <param name="closing">The fake is being disposed of.</param>
    /// <returns>False: there is none at this address.</returns>
    protected virtual Task<bool> TalkAsync(HttpContext http, CancellationToken closing) => Task.FromResult(false);

    private async Task HandleAsync(HttpContext http)
    {
        if (http.WebSockets.IsWebSocketRequest)
        {
            if (!await TalkAsync(http, _closing.Token))
            {
                await WriteAsync(http, new(404, "Nothing here.\n"));
            }

            return;
        }

        if (HttpMethods.IsGet(http.Request.Method) && !IsWork(http.Request.Path))
        {
            await WriteAsync(http, Show(http.Request.Path) ?? new(404, "Nothing here.\n"));
            return;
        }

        if (http.Request.Path == "/_fail")
        {
            await WriteAsync(http, Command(http.Request.Query));
            return;
        }

        if (await UseAsync(http.Request) is { } used)
        {
            await WriteAsync(http, used);
            return;
        }

        using var buffer = new MemoryStream();
        await http.Request.Body.CopyToAsync(buffer, http.RequestAborted);
        var fault = NextFault(http.Request.Path);
        var taken = fault is null or FakeFault.AcceptThenHang or FakeFault.AcceptThenBreakOff ? await TakeAsync(http.Request, buffer.ToArray(), _closing.Token) : null;
        _arrivals.Release();
        await AnswerAsync(http, buffer.ToArray(), fault, taken);
    }

    private async Task AnswerAsync(HttpContext http, byte[] body, FakeFault? fault, FakeAnswer? taken)
    {
        switch (fault)
        {
            case null:
                await WriteAsync(http, taken!);
                break;

            case FakeFault.Answer answer:
                if (answer.RetryAfter is not null)
                {
                    http.Response.Headers.RetryAfter = answer.RetryAfter;
                }

                if (answer.Location is not null)
                {
                    http.Response.Headers.Location = answer.Location;
                }

                await WriteAsync(http, new(answer.Status, answer.Body));
                break;

            case FakeFault.Slow slow:
                using (var either = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, _closing.Token))
                {
                    await Task.Delay(slow.Delay, Clock, either.Token);
                }

                await WriteAsync(http, Take(http.Request, body));
                break;

            case FakeFault.Hang or FakeFault.AcceptThenHang:
                await HangAsync(http);
                break;

            case FakeFault.AcceptThenBreakOff:
                await WriteRawAsync(http, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
                break;

            case FakeFault.Garbage:
                await WriteRawAsync(http, "this is not HTTP\r\n\r\n");
                break;

            case FakeFault.Reset:
                http.Abort();
                break;
        }
    }

    private FakeAnswer Command(IQueryCollection query)
    {
        var retryAfter = query["retry_after"].ToString();
        if (FakeFault.Parse(query["with"].ToString(), retryAfter.Length > 0 ? retryAfter : null) is not { } fault)
        {
            return new(400, "with=STATUS|hang|reset|garbage|lost|half|slow [times=N] [retry_after=SECONDS]\n");
        }

        var times = int.TryParse(query["times"].ToString(), out var n) ? Math.Clamp(n, 1, 1000) : 1;
        FailNext(fault, times);
        return new(200, $"The next {times} will meet: {fault}\n");
    }

    private async Task HangAsync(HttpContext http)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, _closing.Token);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (either.Token.Register(ended.SetResult))
        {
            await ended.Task;
        }

        http.Abort();
    }

    // Past the server's own HTTP, straight onto the connection, which then ends.
    private async Task WriteRawAsync(HttpContext http, string text)
    {
        var wire = http.Features.GetRequiredFeature<IConnectionTransportFeature>().Transport.Output;
        await wire.WriteAsync(Encoding.ASCII.GetBytes(text), http.RequestAborted);
        await wire.CompleteAsync();
        await HangAsync(http);
    }

    private static async Task WriteAsync(HttpContext http, FakeAnswer answer)
    {
        http.Response.StatusCode = answer.Status;
        if (answer.Location is not null)
        {
            http.Response.Headers.Location = answer.Location;
        }

        if (answer.Status is 204 or 304)
        {
            return;
        }

        http.Response.ContentType = answer.ContentType;
        await http.Response.WriteAsync(answer.Body, Encoding.UTF8, http.RequestAborted);
    }
}
