// Generated from crds/httpendpoint.yaml by `make generate`. Do not edit.
"use strict";
export const validateHttpEndpoint = validate10;
const schema11 = {"type":"object","properties":{"apiVersion":{"type":"string"},"kind":{"type":"string"},"metadata":{"type":"object"},"auth":{"type":"object","required":["secretStore"],"properties":{"secretStore":{"type":"string"}}},"scopes":{"type":"array","items":{"type":"string"}},"spec":{"type":"object","required":["baseUrl"],"properties":{"baseUrl":{"type":"string"},"headers":{"type":"array","items":{"type":"object","required":["name"],"properties":{"name":{"type":"string"},"value":{},"envRef":{"type":"string"},"secretKeyRef":{"type":"object","required":["name"],"properties":{"name":{"type":"string"},"key":{"type":"string"}}}}}},"clientTLS":{"type":"object","properties":{"rootCA":{"type":"object","properties":{"value":{},"secretKeyRef":{"type":"object","required":["name"],"properties":{"name":{"type":"string"},"key":{"type":"string"}}}}},"certificate":{"type":"object","properties":{"value":{},"secretKeyRef":{"type":"object","required":["name"],"properties":{"name":{"type":"string"},"key":{"type":"string"}}}}},"privateKey":{"type":"object","properties":{"value":{},"secretKeyRef":{"type":"object","required":["name"],"properties":{"name":{"type":"string"},"key":{"type":"string"}}}}},"renegotiation":{"type":"string","default":"Never","enum":["Never","OnceAsClient","FreelyAsClient"]}}}}}},"$id":"httpendpoint"};

function validate10(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
/*# sourceURL="httpendpoint" */;
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.apiVersion !== undefined){
if(typeof data.apiVersion !== "string"){
const err0 = {instancePath:instancePath+"/apiVersion",schemaPath:"#/properties/apiVersion/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.kind !== undefined){
if(typeof data.kind !== "string"){
const err1 = {instancePath:instancePath+"/kind",schemaPath:"#/properties/kind/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.metadata !== undefined){
let data2 = data.metadata;
if(!(data2 && typeof data2 == "object" && !Array.isArray(data2))){
const err2 = {instancePath:instancePath+"/metadata",schemaPath:"#/properties/metadata/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.auth !== undefined){
let data3 = data.auth;
if(data3 && typeof data3 == "object" && !Array.isArray(data3)){
if(data3.secretStore === undefined){
const err3 = {instancePath:instancePath+"/auth",schemaPath:"#/properties/auth/required",keyword:"required",params:{missingProperty: "secretStore"},message:"must have required property '"+"secretStore"+"'"};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
if(data3.secretStore !== undefined){
if(typeof data3.secretStore !== "string"){
const err4 = {instancePath:instancePath+"/auth/secretStore",schemaPath:"#/properties/auth/properties/secretStore/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
}
else {
const err5 = {instancePath:instancePath+"/auth",schemaPath:"#/properties/auth/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
if(data.scopes !== undefined){
let data5 = data.scopes;
if(Array.isArray(data5)){
const len0 = data5.length;
for(let i0=0; i0<len0; i0++){
if(typeof data5[i0] !== "string"){
const err6 = {instancePath:instancePath+"/scopes/" + i0,schemaPath:"#/properties/scopes/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
}
else {
const err7 = {instancePath:instancePath+"/scopes",schemaPath:"#/properties/scopes/type",keyword:"type",params:{type: "array"},message:"must be array"};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
if(data.spec !== undefined){
let data7 = data.spec;
if(data7 && typeof data7 == "object" && !Array.isArray(data7)){
if(data7.baseUrl === undefined){
const err8 = {instancePath:instancePath+"/spec",schemaPath:"#/properties/spec/required",keyword:"required",params:{missingProperty: "baseUrl"},message:"must have required property '"+"baseUrl"+"'"};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
if(data7.baseUrl !== undefined){
if(typeof data7.baseUrl !== "string"){
const err9 = {instancePath:instancePath+"/spec/baseUrl",schemaPath:"#/properties/spec/properties/baseUrl/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
if(data7.headers !== undefined){
let data9 = data7.headers;
if(Array.isArray(data9)){
const len1 = data9.length;
for(let i1=0; i1<len1; i1++){
let data10 = data9[i1];
if(data10 && typeof data10 == "object" && !Array.isArray(data10)){
if(data10.name === undefined){
const err10 = {instancePath:instancePath+"/spec/headers/" + i1,schemaPath:"#/properties/spec/properties/headers/items/required",keyword:"required",params:{missingProperty: "name"},message:"must have required property '"+"name"+"'"};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
if(data10.name !== undefined){
if(typeof data10.name !== "string"){
const err11 = {instancePath:instancePath+"/spec/headers/" + i1+"/name",schemaPath:"#/properties/spec/properties/headers/items/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
if(data10.envRef !== undefined){
if(typeof data10.envRef !== "string"){
const err12 = {instancePath:instancePath+"/spec/headers/" + i1+"/envRef",schemaPath:"#/properties/spec/properties/headers/items/properties/envRef/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
}
if(data10.secretKeyRef !== undefined){
let data13 = data10.secretKeyRef;
if(data13 && typeof data13 == "object" && !Array.isArray(data13)){
if(data13.name === undefined){
const err13 = {instancePath:instancePath+"/spec/headers/" + i1+"/secretKeyRef",schemaPath:"#/properties/spec/properties/headers/items/properties/secretKeyRef/required",keyword:"required",params:{missingProperty: "name"},message:"must have required property '"+"name"+"'"};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
if(data13.name !== undefined){
if(typeof data13.name !== "string"){
const err14 = {instancePath:instancePath+"/spec/headers/" + i1+"/secretKeyRef/name",schemaPath:"#/properties/spec/properties/headers/items/properties/secretKeyRef/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
if(data13.key !== undefined){
if(typeof data13.key !== "string"){
const err15 = {instancePath:instancePath+"/spec/headers/" + i1+"/secretKeyRef/key",schemaPath:"#/properties/spec/properties/headers/items/properties/secretKeyRef/properties/key/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
}
}
else {
const err16 = {instancePath:instancePath+"/spec/headers/" + i1+"/secretKeyRef",schemaPath:"#/properties/spec/properties/headers/items/properties/secretKeyRef/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
}
}
else {
const err17 = {instancePath:instancePath+"/spec/headers/" + i1,schemaPath:"#/properties/spec/properties/headers/items/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
}
}
else {
const err18 = {instancePath:instancePath+"/spec/headers",schemaPath:"#/properties/spec/properties/headers/type",keyword:"type",params:{type: "array"},message:"must be array"};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
}
if(data7.clientTLS !== undefined){
let data16 = data7.clientTLS;
if(data16 && typeof data16 == "object" && !Array.isArray(data16)){
if(data16.renegotiation === undefined){
data16.renegotiation = "Never";
}
if(data16.rootCA !== undefined){
let data17 = data16.rootCA;
if(data17 && typeof data17 == "object" && !Array.isArray(data17)){
if(data17.secretKeyRef !== undefined){
let data18 = data17.secretKeyRef;
if(data18 && typeof data18 == "object" && !Array.isArray(data18)){
if(data18.name === undefined){
const err19 = {instancePath:instancePath+"/spec/clientTLS/rootCA/secretKeyRef",schemaPath:"#/properties/spec/properties/clientTLS/properties/rootCA/properties/secretKeyRef/required",keyword:"required",params:{missingProperty: "name"},message:"must have required property '"+"name"+"'"};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
if(data18.name !== undefined){
if(typeof data18.name !== "string"){
const err20 = {instancePath:instancePath+"/spec/clientTLS/rootCA/secretKeyRef/name",schemaPath:"#/properties/spec/properties/clientTLS/properties/rootCA/properties/secretKeyRef/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
}
if(data18.key !== undefined){
if(typeof data18.key !== "string"){
const err21 = {instancePath:instancePath+"/spec/clientTLS/rootCA/secretKeyRef/key",schemaPath:"#/properties/spec/properties/clientTLS/properties/rootCA/properties/secretKeyRef/properties/key/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
}
}
else {
const err22 = {instancePath:instancePath+"/spec/clientTLS/rootCA/secretKeyRef",schemaPath:"#/properties/spec/properties/clientTLS/properties/rootCA/properties/secretKeyRef/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
}
}
else {
const err23 = {instancePath:instancePath+"/spec/clientTLS/rootCA",schemaPath:"#/properties/spec/properties/clientTLS/properties/rootCA/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
}
if(data16.certificate !== undefined){
let data21 = data16.certificate;
if(data21 && typeof data21 == "object" && !Array.isArray(data21)){
if(data21.secretKeyRef !== undefined){
let data22 = data21.secretKeyRef;
if(data22 && typeof data22 == "object" && !Array.isArray(data22)){
if(data22.name === undefined){
const err24 = {instancePath:instancePath+"/spec/clientTLS/certificate/secretKeyRef",schemaPath:"#/properties/spec/properties/clientTLS/properties/certificate/properties/secretKeyRef/required",keyword:"required",params:{missingProperty: "name"},message:"must have required property '"+"name"+"'"};
if(vErrors === null){
vErrors = [err24];
}
else {
vErrors.push(err24);
}
errors++;
}
if(data22.name !== undefined){
if(typeof data22.name !== "string"){
const err25 = {instancePath:instancePath+"/spec/clientTLS/certificate/secretKeyRef/name",schemaPath:"#/properties/spec/properties/clientTLS/properties/certificate/properties/secretKeyRef/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err25];
}
else {
vErrors.push(err25);
}
errors++;
}
}
if(data22.key !== undefined){
if(typeof data22.key !== "string"){
const err26 = {instancePath:instancePath+"/spec/clientTLS/certificate/secretKeyRef/key",schemaPath:"#/properties/spec/properties/clientTLS/properties/certificate/properties/secretKeyRef/properties/key/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err26];
}
else {
vErrors.push(err26);
}
errors++;
}
}
}
else {
const err27 = {instancePath:instancePath+"/spec/clientTLS/certificate/secretKeyRef",schemaPath:"#/properties/spec/properties/clientTLS/properties/certificate/properties/secretKeyRef/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err27];
}
else {
vErrors.push(err27);
}
errors++;
}
}
}
else {
const err28 = {instancePath:instancePath+"/spec/clientTLS/certificate",schemaPath:"#/properties/spec/properties/clientTLS/properties/certificate/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err28];
}
else {
vErrors.push(err28);
}
errors++;
}
}
if(data16.privateKey !== undefined){
let data25 = data16.privateKey;
if(data25 && typeof data25 == "object" && !Array.isArray(data25)){
if(data25.secretKeyRef !== undefined){
let data26 = data25.secretKeyRef;
if(data26 && typeof data26 == "object" && !Array.isArray(data26)){
if(data26.name === undefined){
const err29 = {instancePath:instancePath+"/spec/clientTLS/privateKey/secretKeyRef",schemaPath:"#/properties/spec/properties/clientTLS/properties/privateKey/properties/secretKeyRef/required",keyword:"required",params:{missingProperty: "name"},message:"must have required property '"+"name"+"'"};
if(vErrors === null){
vErrors = [err29];
}
else {
vErrors.push(err29);
}
errors++;
}
if(data26.name !== undefined){
if(typeof data26.name !== "string"){
const err30 = {instancePath:instancePath+"/spec/clientTLS/privateKey/secretKeyRef/name",schemaPath:"#/properties/spec/properties/clientTLS/properties/privateKey/properties/secretKeyRef/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err30];
}
else {
vErrors.push(err30);
}
errors++;
}
}
if(data26.key !== undefined){
if(typeof data26.key !== "string"){
const err31 = {instancePath:instancePath+"/spec/clientTLS/privateKey/secretKeyRef/key",schemaPath:"#/properties/spec/properties/clientTLS/properties/privateKey/properties/secretKeyRef/properties/key/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err31];
}
else {
vErrors.push(err31);
}
errors++;
}
}
}
else {
const err32 = {instancePath:instancePath+"/spec/clientTLS/privateKey/secretKeyRef",schemaPath:"#/properties/spec/properties/clientTLS/properties/privateKey/properties/secretKeyRef/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err32];
}
else {
vErrors.push(err32);
}
errors++;
}
}
}
else {
const err33 = {instancePath:instancePath+"/spec/clientTLS/privateKey",schemaPath:"#/properties/spec/properties/clientTLS/properties/privateKey/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err33];
}
else {
vErrors.push(err33);
}
errors++;
}
}
let data29 = data16.renegotiation;
if(typeof data29 !== "string"){
const err34 = {instancePath:instancePath+"/spec/clientTLS/renegotiation",schemaPath:"#/properties/spec/properties/clientTLS/properties/renegotiation/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err34];
}
else {
vErrors.push(err34);
}
errors++;
}
if(!(((data29 === "Never") || (data29 === "OnceAsClient")) || (data29 === "FreelyAsClient"))){
const err35 = {instancePath:instancePath+"/spec/clientTLS/renegotiation",schemaPath:"#/properties/spec/properties/clientTLS/properties/renegotiation/enum",keyword:"enum",params:{allowedValues: schema11.properties.spec.properties.clientTLS.properties.renegotiation.enum},message:"must be equal to one of the allowed values"};
if(vErrors === null){
vErrors = [err35];
}
else {
vErrors.push(err35);
}
errors++;
}
}
else {
const err36 = {instancePath:instancePath+"/spec/clientTLS",schemaPath:"#/properties/spec/properties/clientTLS/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err36];
}
else {
vErrors.push(err36);
}
errors++;
}
}
}
else {
const err37 = {instancePath:instancePath+"/spec",schemaPath:"#/properties/spec/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err37];
}
else {
vErrors.push(err37);
}
errors++;
}
}
}
else {
const err38 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err38];
}
else {
vErrors.push(err38);
}
errors++;
}
validate10.errors = vErrors;
return errors === 0;
}
