using Amazon;
using Amazon.Runtime;
using Amazon.Runtime.Credentials;
using Microsoft.Extensions.Options;
using Tocsin.Estate;
using Tocsin.Providers;

namespace Tocsin.Alerts;

/// <summary>Whom this server is at AWS: the source's own access key, or what the standard chain finds on this machine.</summary>
internal sealed class AwsKeys(IOptions<EstateOptions> options) : IDisposable
{
    private readonly DefaultAWSCredentialsIdentityResolver _chain = new();

    /// <returns>Forbidden where the workspace may not use this machine's; unavailable, with what to do, where it has none.</returns>
    public async Task<Result<AwsKey>> FindAsync(EstateSnapshot estate, Source source, CancellationToken ct)
    {
        if (source.Settings.GetValueOrDefault(Sqs.AccessKeyKey) is { Length: > 0 } id)
        {
            return new AwsKey(id, source.Settings.GetValueOrDefault(Sqs.SecretKeyKey) ?? "");
        }

        if (!options.Value.MayRefer(estate.Workspace, estate.Model.Workspace))
        {
            return Error.Forbidden("This workspace may not use this machine's own credentials for AWS; give its source an access key.");
        }

        return await OfMachineAsync(ct);
    }

    public void Dispose() => _chain.Dispose();

    /// <summary>Environment, web identity, profile, container, instance: in the order of the SDK, which keeps and refreshes them.</summary>
    internal async Task<Result<AwsKey>> OfMachineAsync(CancellationToken ct)
    {
        // This version of the SDK knows the name, and does not look there.
        if (Environment.GetEnvironmentVariable("AWS_SHARED_CREDENTIALS_FILE") is { Length: > 0 } file)
        {
            AWSConfigs.AWSProfilesLocation = file;
        }

        try
        {
            var credentials = await _chain.ResolveIdentityAsync(null, ct);
            var found = await credentials.GetCredentialsAsync().WaitAsync(ct);
            return new AwsKey(found.AccessKey, found.SecretKey, found.Token is { Length: > 0 } token ? token : null);
        }
        catch (Exception e) when (e is AmazonClientException or AmazonServiceException or IOException or HttpRequestException)
        {
            return Error.Unavailable(
                "This machine has no credentials for AWS: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile by AWS_PROFILE, or give it a role; or give the source access_key_id and secret_access_key.");
        }
    }
}
