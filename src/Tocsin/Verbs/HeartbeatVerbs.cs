using System.CommandLine;
using System.Text;
using Tocsin.Cli;
using Tocsin.Operations;

namespace Tocsin.Verbs;

/// <summary>Runs jobs and says of each that it began and how it ended.</summary>
internal static class HeartbeatVerbs
{
    /// <summary>Where the addresses of heartbeats may stand: arguments are seen by every user of the machine.</summary>
    private const string Variable = "TOCSIN_HEARTBEAT_";

    /// <summary>Much less than a server keeps; the end of a log says why.</summary>
    private const int MostOutput = 16_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Before each further try to say how it ended.</summary>
    private static readonly TimeSpan[] Pauses = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3)];

    public static Command Create(Terminal terminal) => new("heartbeat", "Say that jobs are alive") { Exec(terminal) };

    private static Command Exec(Terminal terminal)
    {
        var which = new Argument<string>("NAME|URL")
        {
            Description = $"The heartbeat's address, its key at --server, or the NAME of an environment variable {Variable}NAME that holds either",
        };
        var command = new Argument<string[]>("COMMAND") { Description = "The command and its arguments, after --", Arity = ArgumentArity.OneOrMore };
        var server = new Option<string?>("--server") { Description = "The server's address, for a key. Default: TOCSIN_SERVER, else http://127.0.0.1:8080", HelpName = "URL" };
        var quiet = new Option<bool>("--no-output") { Description = "Send nothing of what the command prints" };
        var verb = new Command("exec", "Run a command, and say when it begins and how it ends; the exit code is the command's") { which, command, server, quiet };
        verb.SetAction((parse, ct) => RunAsync(
            terminal, AddressOf(parse.GetValue(which)!, parse.GetValue(server), terminal), parse.GetValue(command)!, sendsOutput: !parse.GetValue(quiet), ct));
        return verb;
    }

    private static async Task<int> RunAsync(Terminal terminal, Uri address, string[] command, bool sendsOutput, CancellationToken ct)
    {
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = !address.IsLoopback };
        using var http = new HttpClient(handler) { Timeout = Patience };
        http.DefaultRequestHeaders.UserAgent.ParseAdd($"tocsin/{BuildInfo.Version}");

        // The job is what counts: it waits for one try and no longer.
        if (await SayAsync(http, address, "start", "", ct) is { } unheard)
        {
            terminal.Error.WriteLine($"tocsin: the heartbeat was not told that the command begins: {unheard}");
        }

        using var child = new ChildProcess(terminal, command, MostOutput);
        var (exitCode, output) = await child.RunAsync(ct);
        var word = $"{exitCode & 0xFF}";
        var fault = await SayAsync(http, address, word, sendsOutput ? output : "", ct);
        foreach (var pause in Pauses.TakeWhile(_ => fault is not null))
        {
            await Task.Delay(pause, terminal.Time, ct);
            fault = await SayAsync(http, address, word, sendsOutput ? output : "", ct);
        }

        if (fault is not null)
        {
            terminal.Error.WriteLine($"tocsin: the heartbeat was not told that the command ended with exit code {exitCode}: {fault}");
        }

        return exitCode;
    }

    /// <returns>Why it was not heard; null: it was.</returns>
    private static async Task<string?> SayAsync(HttpClient http, Uri address, string word, string output, CancellationToken ct)
    {
        try
        {
            using var body = new ByteArrayContent(Encoding.UTF8.GetBytes(output));
            using var response = await http.PostAsync(new Uri($"{address.AbsoluteUri.TrimEnd('/')}/{word}"), body, ct);
            return response.IsSuccessStatusCode ? null : $"the server answered {(int)response.StatusCode}";
        }
        catch (HttpRequestException e)
        {
            return $"no server answered: {Plain.Line(e.Message)}";
        }
        catch (TaskCanceledException) when (!ct.IsCancellationRequested)
        {
            return $"no answer within {Words.Span(Patience)}";
        }
    }

    /// <exception cref="CliException">It leads to no heartbeat.</exception>
    private static Uri AddressOf(string which, string? server, Terminal terminal)
    {
        var variable = Variable + string.Concat(which.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToUpperInvariant(c) : '_'));
        var written = terminal.Environment(variable) is { Length: > 0 } found ? found.Trim() : which;
        if (Uri.TryCreate(written, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https")
        {
            return uri;
        }

        return written.Length >= 16 && written.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '~' or '-')
            ? new(Connection.Find(server, null, terminal).Server, $"/hb/{written}")
            : throw new CliException(
                ExitCode.Usage, $"'{Plain.Line(which)}' is neither the address nor the key of a heartbeat, and {variable} is not set",
                $"set {variable} to the address that the page of the source shows, such as https://tocsin.example.com/hb/KEY");
    }
}
