using Tocsin.Operations;
using Tocsin.Sdk;

namespace Tocsin.Cli;

/// <summary>Where the server is and with which key it is asked.</summary>
/// <param name="IsGiven">False: nobody named a server, and the default address is only a guess.</param>
/// <param name="Token">Null: none is known; the server refuses what needs one.</param>
internal sealed record Connection(Uri Server, bool IsGiven, string? Token)
{
    public const string DefaultServer = "http://127.0.0.1:8080";

    /// <exception cref="CliException">The address is not one.</exception>
    public static Connection Find(string? server, string? token, Terminal terminal)
    {
        var given = Given(server) ?? Given(terminal.Environment("TOCSIN_SERVER"));
        var address = given ?? DefaultServer;
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
        {
            throw new CliException(
                ExitCode.Usage, $"'{Plain.Line(address)}' is not the address of a server", $"it looks like {DefaultServer}");
        }

        return new(uri, given is not null, Given(token) ?? Given(terminal.Environment("TOCSIN_TOKEN")));
    }

    public HttpClient Open()
    {
        // A redirect is shown, not followed: the key must not travel to an address that nobody typed.
        var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = !Server.IsLoopback })
        {
            BaseAddress = Server,
            Timeout = TimeSpan.FromSeconds(60),
        };
        http.DefaultRequestHeaders.UserAgent.ParseAdd($"tocsin/{BuildInfo.Version}");
        if (Token is not null)
        {
            TocsinClient.Authorize(http, Token);
        }

        return http;
    }

    private static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
