using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Tocsin.Demo.Fakes;
using Tocsin.Providers;

namespace Tocsin.Tests.Providers;

/// <summary>
/// One queue of Amazon SQS by its JSON protocol: long polls, hides what it gave out, counts receives, moves what was received too often to a dead letter
/// queue, and checks every signature.
/// </summary>
internal sealed class FakeSqs : FakeHttp
{
    public const string Region = "eu-west-1";

    public static readonly AwsKey Key = new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");

    private readonly List<Held> _messages = [];
    private readonly List<string> _dead = [];
    private readonly List<string> _calls = [];
    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _last;

    private FakeSqs(TimeProvider clock)
        : base(clock)
    {
    }

    public string Address => new Uri(Url, "123456789012/alerts").AbsoluteUri;

    /// <summary>Receives after which a message is moved away.</summary>
    public int MostReceives { get; set; } = 5;

    public IReadOnlyList<string> Dead => Locked(() => _dead.ToArray());

    /// <summary>Whether the queue has a redrive policy that it tells of.</summary>
    public bool Redrives { get; set; } = true;

    /// <summary>Whether the dead letter queue may be looked at.</summary>
    public bool ShowsDead { get; set; } = true;

    /// <summary>Actions that were taken, in order.</summary>
    public IReadOnlyList<string> Calls => Locked(() => _calls.ToArray());

    /// <summary>Bodies of what is still on the queue, hidden or not.</summary>
    public IReadOnlyList<string> Bodies => Locked(() => _messages.Select(m => m.Body).ToArray());

    public static async Task<FakeSqs> StartAsync(TimeProvider clock)
    {
        var fake = new FakeSqs(clock);
        await fake.ListenAsync(0, default);
        return fake;
    }

    public void Send(params string[] bodies)
    {
        lock (_gate)
        {
            _messages.AddRange(bodies.Select(body => new Held($"id-{++_last}", body)));
        }

        Change();
    }

    /// <summary>Messages that were given up by others.</summary>
    public void Bury(params string[] bodies)
    {
        lock (_gate)
        {
            _dead.AddRange(bodies);
        }

        Change();
    }

    /// <summary>Empties the dead letter queue.</summary>
    public void Purge()
    {
        lock (_gate)
        {
            _dead.Clear();
        }
    }

    /// <summary>Shows everything that is hidden, as if its time were over.</summary>
    public void ShowAll()
    {
        lock (_gate)
        {
            _messages.ForEach(m => m.HiddenUntil = default);
        }

        Change();
    }

    /// <summary>Ends when this holds; looked at after every change.</summary>
    public async Task UntilAsync(Func<FakeSqs, bool> holds)
    {
        using var patience = Patience.Begin();
        while (true)
        {
            var next = _changed.Task;
            if (holds(this))
            {
                return;
            }

            await next.WaitAsync(patience.Token);
        }
    }

    protected override FakeAnswer? Show(PathString path) => null;

    protected override FakeAnswer Take(HttpRequest request, byte[] body) => throw new NotSupportedException("Every request may wait.");

    protected override async Task<FakeAnswer> TakeAsync(HttpRequest request, byte[] body, CancellationToken closing)
    {
        var target = request.Headers["X-Amz-Target"].ToString();
        if (!IsSigned(request, body, target))
        {
            return Fault(403, "InvalidSignatureException");
        }

        var json = JsonNode.Parse(body)!;
        var isDead = json["QueueUrl"]!.GetValue<string>() == Address + "-dead";
        if (!isDead && json["QueueUrl"]!.GetValue<string>() != Address)
        {
            return Fault(400, "QueueDoesNotExist");
        }

        var answer = target switch
        {
            "AmazonSQS.ReceiveMessage" => await ReceiveAsync(json, closing),
            "AmazonSQS.DeleteMessageBatch" => Locked(() => Batch(json, (message, _) => _messages.Remove(message))),
            "AmazonSQS.ChangeMessageVisibilityBatch" => Locked(() => Batch(json, (message, entry) => message.HiddenUntil = Clock.GetUtcNow().AddSeconds(entry["VisibilityTimeout"]!.GetValue<int>()))),
            "AmazonSQS.GetQueueAttributes" => isDead && !ShowsDead ? Fault(403, "AccessDeniedException") : Locked(() => Attributes(isDead)),
            _ => Fault(400, "UnknownOperationException"),
        };
        lock (_gate)
        {
            _calls.Add(target["AmazonSQS.".Length..]);
        }

        Change();
        return answer;
    }

    private FakeAnswer Attributes(bool ofDead)
    {
        var now = Clock.GetUtcNow();
        JsonObject attributes = new()
        {
            ["ApproximateNumberOfMessages"] = $"{(ofDead ? _dead.Count : _messages.Count(m => m.HiddenUntil <= now))}",
            ["ApproximateNumberOfMessagesNotVisible"] = $"{(ofDead ? 0 : _messages.Count(m => m.HiddenUntil > now))}",
            ["ApproximateNumberOfMessagesDelayed"] = "0",
        };
        if (!ofDead && Redrives)
        {
            attributes["RedrivePolicy"] = $$"""{"deadLetterTargetArn":"arn:aws:sqs:{{Region}}:123456789012:alerts-dead","maxReceiveCount":{{MostReceives}}}""";
        }

        return new(200, new JsonObject { ["Attributes"] = attributes }.ToJsonString(), "application/x-amz-json-1.0");
    }

    private async Task<FakeAnswer> ReceiveAsync(JsonNode json, CancellationToken closing)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(json["WaitTimeSeconds"]!.GetValue<int>()), Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(closing, patience.Token);
        while (true)
        {
            var changed = _changed.Task;
            if (Locked(() => Visible(json)) is { Count: > 0 } messages)
            {
                return new(200, new JsonObject { ["Messages"] = messages }.ToJsonString(), "application/x-amz-json-1.0");
            }

            try
            {
                await changed.WaitAsync(either.Token);
            }
            catch (OperationCanceledException)
            {
                return new(200, "{}", "application/x-amz-json-1.0");
            }
        }
    }

    private JsonArray Visible(JsonNode json)
    {
        JsonArray messages = [];
        foreach (var message in _messages.Where(m => m.HiddenUntil <= Clock.GetUtcNow()).Take(json["MaxNumberOfMessages"]!.GetValue<int>()).ToArray())
        {
            if (++message.Received > MostReceives)
            {
                _messages.Remove(message);
                _dead.Add(message.Body);
                continue;
            }

            message.HiddenUntil = Clock.GetUtcNow().AddSeconds(json["VisibilityTimeout"]!.GetValue<int>());
            message.Receipt = $"{message.Id}/{message.Received}";
            messages.Add(new JsonObject
            {
                ["MessageId"] = message.Id,
                ["ReceiptHandle"] = message.Receipt,
                ["Body"] = message.Body,
                ["Attributes"] = new JsonObject { ["ApproximateReceiveCount"] = message.Received.ToString(CultureInfo.InvariantCulture) },
            });
        }

        return messages;
    }

    private FakeAnswer Batch(JsonNode json, Action<Held, JsonNode> act)
    {
        JsonArray good = [], failed = [];
        foreach (var entry in json["Entries"]!.AsArray())
        {
            var id = entry!["Id"]!.GetValue<string>();
            if (_messages.Find(m => m.Receipt == entry["ReceiptHandle"]!.GetValue<string>()) is { } message)
            {
                act(message, entry);
                good.Add(new JsonObject { ["Id"] = id });
            }
            else
            {
                failed.Add(new JsonObject { ["Id"] = id, ["Code"] = "ReceiptHandleIsInvalid", ["SenderFault"] = true });
            }
        }

        return new(200, new JsonObject { ["Successful"] = good, ["Failed"] = failed }.ToJsonString(), "application/x-amz-json-1.0");
    }

    private bool IsSigned(HttpRequest request, byte[] body, string target)
    {
        var date = request.Headers["X-Amz-Date"].ToString();
        SortedDictionary<string, string> headers = new(StringComparer.Ordinal)
        {
            ["content-type"] = request.ContentType ?? "",
            ["host"] = request.Host.Value ?? "",
            ["x-amz-date"] = date,
            ["x-amz-target"] = target,
        };
        return date.Length == 16 && request.Headers.Authorization.ToString() == SignatureV4.Authorization("POST", "/", headers, body, Key, Region, "sqs", date);
    }

    private void Change() => Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    private T Locked<T>(Func<T> read)
    {
        lock (_gate)
        {
            return read();
        }
    }

    private static FakeAnswer Fault(int status, string type) => new(status, new JsonObject { ["__type"] = $"com.amazonaws.sqs#{type}" }.ToJsonString(), "application/x-amz-json-1.0");

    private sealed class Held(string id, string body)
    {
        public string Id { get; } = id;

        public string Body { get; } = body;

        public DateTimeOffset HiddenUntil { get; set; }

        public string Receipt { get; set; } = "";

        public int Received { get; set; }
    }
}
