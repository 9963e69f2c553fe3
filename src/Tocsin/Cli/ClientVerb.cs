using System.CommandLine;
using System.Net;
using System.Text.Json.Serialization.Metadata;
using Tocsin.Sdk;

namespace Tocsin.Cli;

/// <summary>A verb that talks to a server: it knows where the server is, who asks, and in which form to answer.</summary>
internal sealed class ClientVerb : Command
{
    private readonly Terminal _terminal;

    private readonly Option<string?> _server = new("--server")
    {
        Description = "The server's address. Default: TOCSIN_SERVER, else http://127.0.0.1:8080",
        HelpName = "URL",
    };

    private readonly Option<string?> _token = new("--token")
    {
        Description = "An API key. Default: TOCSIN_TOKEN, which other users of the machine can't read off the process list",
        HelpName = "KEY",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print the API's own JSON" };

    public ClientVerb(string name, string description, Terminal terminal) : base(name, description) => _terminal = terminal;

    /// <summary>Completes the verb; its own options come before the common ones in its help.</summary>
    /// <param name="json">Whether its answer has a JSON shape.</param>
    public void Runs(Func<ParseResult, ClientRun, CancellationToken, Task<int>> action, bool json = true)
    {
        if (json)
        {
            Options.Add(_json);
        }

        Options.Add(_server);
        Options.Add(_token);
        SetAction(async (parse, ct) =>
        {
            var connection = Connection.Find(parse.GetValue(_server), parse.GetValue(_token), _terminal);
            using var http = connection.Open();
            try
            {
                return await action(parse, new(_terminal, new TocsinClient(http), connection.IsGiven, json && parse.GetValue(_json)), ct);
            }
            catch (TocsinException e) when (e.Status == HttpStatusCode.Unauthorized && connection.Token is not null)
            {
                // The server tells nobody whether a key is missing or wrong; who gave one wants to hear that it is the key.
                throw new CliException(ExitCode.Refused, "the server does not accept this key: it is wrong, revoked, or of another installation", Refusals.NeedsKey);
            }
        });
    }
}

/// <summary>One run of a verb against one server.</summary>
/// <param name="ServerIsGiven">False: nobody named a server, and the default address is only a guess.</param>
internal sealed record ClientRun(Terminal Terminal, TocsinClient Client, bool ServerIsGiven, bool Json)
{
    public DateTimeOffset Now => Terminal.Now;

    /// <summary>The value as JSON when asked for, else what a person reads.</summary>
    public void Show<T>(T value, JsonTypeInfo<T> type, Action human)
    {
        if (Json)
        {
            JsonOutput.Write(Terminal.Out, value, type);
        }
        else
        {
            human();
        }
    }

    public void Line(string text) => Terminal.Out.WriteLine(text);

    /// <summary>For the person only: it must not get into what a script reads.</summary>
    public void Aside(string text)
    {
        if (!Json)
        {
            Terminal.Error.WriteLine(text);
        }
    }
}
