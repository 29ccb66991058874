# The program, the C library that SQLite is linked to, and the authorities that sign
# the certificates of mail servers and gateways. No shell, no package manager.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
# By name: a data folder with its key must not get into a layer.
COPY main.go ./
COPY content content
COPY handlers handlers
COPY models models
COPY static static
COPY views views
RUN CGO_ENABLED=1 go build -o /image/admitone . && ldd /image/admitone | grep -o '/lib[^ ]*' | xargs cp --parents --dereference -t /image
RUN mkdir -p /image/etc/ssl/certs && cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ && mkdir -p /image-data && mkdir -m 700 /image-data/data

FROM scratch
COPY --from=build /image /
COPY --from=build --chown=65532:65532 /image-data /
USER 65532:65532
# SQLite sorts what is large in a file, and there is no other folder.
ENV ADMITONE_DATA=/data ADMITONE_LISTEN=0.0.0.0:8080 SQLITE_TMPDIR=/data
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["/admitone"]
