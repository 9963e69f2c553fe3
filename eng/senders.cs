// Points real senders at the product: Debian's Prometheus with a rule that fires, in all three ways that docs/how-to/prometheus.md names,
// and amtool, which reads the alerts and silences them.
//   dotnet run eng/senders.cs [-- --program PATH]
// Needs prometheus, prometheus-alertmanager and amtool, and a build of src/Tocsin in its Debug folder unless a program is named. The last line reads "N passed, N failed, N skipped".
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

const string SourceKey = "senders-source-key-0000000000001";
const string PrefixedKey = "senders-prefix-key-0000000000001";
const string RelayedKey = "senders-relay-key-00000000000001";
const string Listening = "Now listening on: ";
var tocsin = Path.GetFullPath(args is ["--program", var program] ? program : "src/Tocsin/bin/Debug/net10.0/tocsin");
string[] programs = ["prometheus", "prometheus-alertmanager", "amtool"];
if (programs.Where(p => !Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(f => File.Exists(Path.Combine(f, p)))).ToArray() is { Length: > 0 } missing)
{
    Console.WriteLine($"Not run: {string.Join(" and ", missing)} not installed (apt-get install prometheus prometheus-alertmanager).");
    Console.WriteLine("0 passed, 0 failed, 1 skipped");
    return Environment.GetEnvironmentVariable("CI") == "true" ? 1 : 0;
}

var (passed, failed) = (0, 0);
var folder = Directory.CreateTempSubdirectory("tocsin-senders-");
var children = new List<Process>();
using var receiver = new HttpListener();
var (hook, prometheus, relay) = (FreePort(), FreePort(), FreePort());
receiver.Prefixes.Add($"http://127.0.0.1:{hook}/");
receiver.Start();
var paged = PageAsync();
using var api = new HttpClient();
try
{
    var server = Start(
        tocsin, ["serve", "--data", In("data"), "--urls", "http://127.0.0.1:0", "--estate", Written("estate.yaml", $$"""
            apiVersion: tocsin/v1
            workspace: senders
            channels:
              - {name: ops, type: webhook, url: "http://127.0.0.1:{{hook}}/", secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw}
            policies:
              - {name: ops, repeat: 0, steps: [{notify: ["channel:ops"], wait: 24h}]}
            sources:
              - {name: authorized, type: alertmanager, key: {{SourceKey}}}
              - {name: prefixed, type: alertmanager, key: {{PrefixedKey}}}
              - {name: relayed, type: alertmanager, key: {{RelayedKey}}}
            route: {name: root, policy: ops, group_by: [alertname], group_wait: 0s, group_interval: 1m}
            """)],
        ("Tocsin__Outgoing__Allow", $"127.0.0.1:{hook}"));
    var url = await UrlAsync(server);
    var key = (await RunAsync(tocsin, "key", "create", "--data", In("data"), "--name", "amtool", "--role", "responder", "--workspace", "senders")).Trim();

    api.BaseAddress = url;
    api.DefaultRequestHeaders.Add("X-API-Key", key);
    WriteRule("vector(1)");

    Start("prometheus-alertmanager",
    [
        $"--config.file={Written("alertmanager.yml", $$"""
            route: {receiver: tocsin, group_wait: 0s, group_interval: 1s}
            receivers:
              - name: tocsin
                webhook_configs: [{url: "{{url}}in/alertmanager/{{RelayedKey}}", send_resolved: true}]
            """)}",
        $"--storage.path={In("alertmanager")}", $"--web.listen-address=127.0.0.1:{relay}", "--cluster.listen-address=", "--log.level=error",
    ]);
    var sender = Start("prometheus",
    [
        $"--config.file={Written("prometheus.yml", $$"""
            global: {evaluation_interval: 1s}
            rule_files: [rules.yml]
            alerting:
              alertmanagers:
                - static_configs: [{targets: ["{{url.Authority}}"]}]
                  authorization: {credentials: {{SourceKey}}}
                - static_configs: [{targets: ["{{url.Authority}}"]}]
                  path_prefix: /in/alertmanager/{{PrefixedKey}}
                - static_configs: [{targets: ["127.0.0.1:{{relay}}"]}]
            """)}",
        $"--storage.tsdb.path={In("tsdb")}", $"--web.listen-address=127.0.0.1:{prometheus}", "--log.level=error",
        // It drops what it sends before it has found its receivers, which takes it five seconds.
        "--rules.alert.resend-delay=1s",
    ]);
    var body = await paged.WaitAsync(TimeSpan.FromMinutes(3));
    Check("a rule of Prometheus pages", body.Contains("It fires", StringComparison.Ordinal) || body.Contains("AlwaysFiring", StringComparison.Ordinal), body);

    foreach (var source in (string[])["authorized", "prefixed", "relayed"])
    {
        var seen = await UntilAsync("/api/v1/sources", sources => sources.Any(s => s.GetProperty("name").GetString() == source && s.GetProperty("accepted").GetInt64() > 0));
        Check($"the source '{source}' has its alert", seen is null, seen ?? "");
    }

    string[] amtool = [$"--alertmanager.url={url}", $"--http.config.file={Written("http.yml", $"basic_auth: {{username: anybody, password: {key}}}")}", "--no-version-check", "--output=json"];
    var alerts = await RunAsync("amtool", [.. amtool, "alert", "query", "alertname=AlwaysFiring"]);
    Check("amtool reads the alert", Array(alerts) is [var alert, _, _] && alert.GetProperty("labels").GetProperty("service").GetString() == "checkout", alerts);

    var routes = await RunAsync("amtool", [.. amtool.Where(a => a != "--output=json"), "config", "routes", "show"]);
    Check("amtool draws the routes", routes.Contains("receiver: ops", StringComparison.Ordinal), routes);

    var silence = (await RunAsync("amtool", [.. amtool, "silence", "add", "alertname=AlwaysFiring", "--comment=looked at", "--author=ana", "--duration=1h"])).Trim().Trim('"');
    var silences = await RunAsync("amtool", [.. amtool, "silence", "query"]);
    Check("amtool adds a silence", Array(silences) is [var added] && added.GetProperty("id").GetString() == silence, silences);

    alerts = await RunAsync("amtool", [.. amtool, "alert", "query", "--silenced"]);
    Check("the alert is silenced", Array(alerts) is { Length: 3 } muted && muted.All(m => m.GetProperty("status").GetProperty("state").GetString() == "suppressed"), alerts);

    var updated = (await RunAsync("amtool", [.. amtool.Where(a => a != "--output=json"), "silence", "update", "--comment=looked at again", "--duration=2h", silence]));
    Check("amtool changes the silence", updated.Contains("looked at again", StringComparison.Ordinal) && updated.Contains(silence, StringComparison.Ordinal), updated);

    await RunAsync("amtool", [.. amtool, "silence", "expire", silence]);
    alerts = await RunAsync("amtool", [.. amtool, "alert", "query"]);
    Check("amtool ends the silence", Array(alerts) is { Length: 3 }, alerts);

    WriteRule("vector(1) > 1");
    await RunAsync("kill", "-HUP", $"{sender.Id}");
    var over = await UntilAsync("/api/v1/incidents?status=resolved", incidents => incidents.Length == 1);
    Check("Prometheus says that it is over", over is null, over ?? "");
}
catch (Exception e) when (e is InvalidOperationException or TimeoutException or JsonException)
{
    Check("the senders run to their end", holds: false, e.Message);
}
finally
{
    // The senders first: they would complain of a receiver that is gone.
    foreach (var child in Enumerable.Reverse(children))
    {
        child.Kill(entireProcessTree: true);
        await child.WaitForExitAsync();
    }

    folder.Delete(recursive: true);
}

Console.WriteLine($"{passed} passed, {failed} failed, 0 skipped");
return failed > 0 ? 1 : 0;

string In(string name) => Path.Combine(folder.FullName, name);

string Written(string name, string text)
{
    File.WriteAllText(In(name), text + "\n");
    return In(name);
}

void WriteRule(string expression) => Written("rules.yml", $$"""
    groups:
      - name: always
        rules:
          - {alert: AlwaysFiring, expr: "{{expression}}", labels: {severity: critical, service: checkout}, annotations: {summary: It fires} }
    """);

// Null as soon as the list is as expected; what it is after a minute otherwise.
async Task<string?> UntilAsync(string path, Func<JsonElement[], bool> expected)
{
    var text = "";
    for (var waited = 0; waited < 120; waited++)
    {
        text = await api.GetStringAsync(path);
        if (expected([.. JsonDocument.Parse(text).RootElement.GetProperty("items").EnumerateArray()]))
        {
            return null;
        }

        await Task.Delay(500);
    }

    return text;
}

void Check(string what, bool holds, string seen)
{
    passed += holds ? 1 : 0;
    failed += holds ? 0 : 1;
    Console.WriteLine(holds ? $"passed {what}" : $"FAILED {what}; seen: {seen}");
}

JsonElement[] Array(string json) => [.. JsonDocument.Parse(json).RootElement.EnumerateArray()];

async Task<string> PageAsync()
{
    var context = await receiver.GetContextAsync();
    using var reader = new StreamReader(context.Request.InputStream);
    var body = await reader.ReadToEndAsync();
    context.Response.Close();
    return body;
}

Process Start(string program, string[] arguments, params (string Name, string Value)[] environment)
{
    var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true };
    foreach (var (name, value) in environment)
    {
        start.Environment[name] = value;
    }

    var process = Process.Start(start)!;
    children.Add(process);
    return process;
}

async Task<Uri> UrlAsync(Process process)
{
    using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(3));
    while (await process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
    {
        if (line.IndexOf(Listening, StringComparison.Ordinal) is var at and >= 0)
        {
            _ = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
            return new(line[(at + Listening.Length)..].Trim());
        }
    }

    throw new InvalidOperationException("The product ended before it listened.");
}

async Task<string> RunAsync(string program, params string[] arguments)
{
    using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true })!;
    var text = await process.StandardOutput.ReadToEndAsync();
    await process.WaitForExitAsync();
    return process.ExitCode == 0 ? text : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {text}");
}

// One that the system gives to nobody who asks for any, so that it is still free when it is used.
static int FreePort()
{
    while (true)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            var port = Random.Shared.Next(12_000, 32_000);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return port;
        }
        catch (SocketException)
        {
            // Taken; another one.
        }
    }
}
